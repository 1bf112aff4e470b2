import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hidesNothing } from '@orch/secrets';
import type { RunContext } from './run-context.ts';

/**
 * Takes secrets out of what commands left among the outputs and nobody declared, out of names too: no event tells of
 * these files, and they go where the run goes. What orch itself may not read or write stays as it is.
 */
export function sweepOutputs({ files, hider }: Pick<RunContext, 'files' | 'hider'>): void {
  if (hidesNothing(hider)) return;
  for (const path of files.list()) {
    try {
      sweepFile(files.root, path, hider);
    } catch (error) {
      if (!isForbidden(error)) throw error;
    }
  }
}

function sweepFile(root: string, path: string, hider: RunContext['hider']): void {
  const file = join(root, path);
  const content = readFileSync(file);
  const hidden = hider.bytes(content);
  if (hidden !== content) writeFileSync(file, hidden);
  const name = hider.text(path);
  if (name !== path) move(root, path, freeName(root, name));
}

function move(root: string, path: string, name: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  renameSync(join(root, path), join(root, name));
  for (let folder = dirname(path); folder !== '.' && isEmpty(join(root, folder)); folder = dirname(folder)) {
    rmdirSync(join(root, folder));
  }
}

function isEmpty(folder: string): boolean {
  return readdirSync(folder).length === 0;
}

function freeName(root: string, name: string): string {
  let free = name;
  for (let number = 2; existsSync(join(root, free)); number++) free = `${name}-${number}`;
  return free;
}

function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}
