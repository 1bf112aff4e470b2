import { readdirSync } from 'node:fs';
import { readEnv, readStat } from './process-stat.ts';

/** The process groups with a member that carries `NAME=value` in its environment. Only Linux can tell: none elsewhere. */
export function markedGroups(mark: string): number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid);
  const marked = pids.filter((pid) => readEnv(pid).includes(mark));
  return [...new Set(marked.flatMap((pid) => readStat(pid)?.pgid ?? []))].filter((pgid) => pgid > 1);
}
