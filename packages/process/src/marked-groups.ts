import { readdirSync } from 'node:fs';
import { readEnv, readStat } from './process-stat.ts';

/** The process groups with a member that carries all these `NAME=value`s in its environment. Only Linux can tell: none elsewhere. */
export function markedGroups(...marks: readonly string[]): number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid);
  const marked = pids.filter((pid) => carriesAll(readEnv(pid), marks));
  return [...new Set(marked.flatMap((pid) => readStat(pid)?.pgid ?? []))].filter((pgid) => pgid > 1);
}

function carriesAll(env: readonly string[], marks: readonly string[]): boolean {
  return marks.every((mark) => env.includes(mark));
}
