import { readFileSync } from 'node:fs';

export type ProcessStat = {
  /** One letter: `Z` is a zombie, `X` is dead. */
  readonly state: string;
  readonly pgid: number;
  /** When it was started, in clock ticks since the system was. */
  readonly startTicks: number;
};

/** What Linux tells of a process, see proc_pid_stat(5); undefined when there is none. */
export function readStat(pid: number): ProcessStat | undefined {
  const line = readOf(pid, 'stat');
  if (line === undefined) return undefined;
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' '); // from field 3 on: the name may hold anything
  return { state: fields[0]!, pgid: Number(fields[2]), startTicks: Number(fields[19]) };
}

/** The `NAME=value`s that a process was started with; none when it is gone, or not ours to look at. */
export function readEnv(pid: number): string[] {
  return readOf(pid, 'environ')?.split('\0') ?? [];
}

function readOf(pid: number, what: 'stat' | 'environ'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined;
    throw error;
  }
}
