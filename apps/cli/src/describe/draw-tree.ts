import { fewOf } from '../terminal/words.ts';

type Folder = Map<string, Folder>;

const most = 60;

/** Paths with `/` between their parts, as the lines of a tree; after 60 lines the rest is counted. */
export function drawTree(paths: readonly string[]): string[] {
  const root: Folder = new Map();
  for (const path of paths.toSorted()) {
    let folder = root;
    for (const part of path.split('/')) {
      const next: Folder = folder.get(part) ?? new Map<string, Folder>();
      folder.set(part, next);
      folder = next;
    }
  }
  return fewOf(draw(root, ''), most);
}

function draw(folder: Folder, indent: string): string[] {
  return [...folder].flatMap(([name, below]) => {
    if (below.size === 0) return [`${indent}${name}`];
    return [`${indent}${name}/`, ...draw(below, `${indent}  `)];
  });
}
