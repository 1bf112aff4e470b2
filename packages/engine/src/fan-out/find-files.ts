import { glob } from 'tinyglobby';

/** Paths below (or beside) `cwd` that fit any of the globs, sorted, with `/` between the parts. */
export async function findFiles(patterns: readonly string[], cwd: string): Promise<string[]> {
  if (patterns.length === 0) return [];
  const found = await glob([...patterns], {
    cwd,
    dot: true,
    expandDirectories: false,
    ignore: ['**/node_modules/**', '**/.git/**'],
  });
  return found.toSorted();
}
