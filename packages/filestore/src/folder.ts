import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Durability } from './draft.ts';

/** Creates a folder and those above it; under `strict` each new one is also synced into its parent. */
export function makeFolder(path: string, durability: Durability): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined || durability === 'relaxed') return;
  const last = dirname(resolve(first));
  for (let folder = resolve(path); folder !== last;) {
    folder = dirname(folder);
    syncFolder(folder);
  }
}

/** Makes names in a folder durable. Windows has no such call and keeps them by itself. */
export function syncFolder(path: string): void {
  if (process.platform !== 'win32') syncFile(path);
}

export function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
