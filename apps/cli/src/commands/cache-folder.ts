import { openSharedCache } from '@orch/cache';
import type { SharedCache } from '@orch/cache';
import { basePaths } from '@orch/filestore';
import type { Terminal } from '../terminal/terminal.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

/** The cache of all runs: the folder it stands in, and what can be done with it. */
export function sharedCacheOf(
  options: RunsDirOption,
  terminal: Terminal,
): { readonly folder: string; readonly cache: SharedCache } {
  const folder = basePaths(runsDirOf(options, terminal)).sharedCache;
  return { folder, cache: openSharedCache(folder) };
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes in three digits or so. */
export function sizeInWords(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power] ?? ''}`;
}
