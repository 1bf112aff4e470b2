import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Manifest } from '@orch/contracts';
import { basename, dirname, join } from 'node:path';

/**
 * Copies the folder of all runs as it is now, as a kill of the process would leave it; returns the run's folder in the
 * copy.
 */
export function copyRun(dir: string, to: string): string {
  cpSync(dirname(dir), to, { recursive: true, verbatimSymlinks: true });
  return join(to, basename(dir));
}

/**
 * Leaves of a log what a process that died earlier had written: the first lines, and some bytes of the next. A manifest
 * that was written later is gone.
 */
export function cutLog(dir: string, { lines, torn = 0 }: { readonly lines: number; readonly torn?: number }): void {
  const path = join(dir, 'events.jsonl');
  const all = readFileSync(path, 'utf8').split('\n');
  const kept = all.slice(0, lines).map((line) => `${line}\n`);
  writeFileSync(path, [...kept, all[lines]?.slice(0, torn)].join(''));
  const manifest = join(dir, 'manifest.json');
  if (!existsSync(manifest)) return;
  const { log } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  if (log.seq > lines) rmSync(manifest);
}
