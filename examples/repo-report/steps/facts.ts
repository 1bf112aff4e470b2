import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Counted = { key: string; item: { path: string }; output: string };
type Facts = { name: string; description: string; lines: number; tests: number; dependencies: string[] };

/** What a package says of itself, and how many test files it has. */
export default function facts({ item, job }: { item: Counted; job: { dir: string } }): Facts {
  const file = join(job.dir, item.item.path);
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Partial<Facts> & { dependencies?: Record<string, string> };
  return {
    name: manifest.name ?? item.key,
    description: manifest.description ?? '',
    lines: Number(item.output),
    tests: globSync('src/**/*.test.ts', { cwd: dirname(file) }).length,
    dependencies: Object.keys(manifest.dependencies ?? {}),
  };
}
