import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 10;

/** Ends all processes of a group: TERM, then KILL for those that are left after `graceMs`. */
export async function endGroup(pgid: number, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let alive = signalGroup(pgid, 'SIGTERM');
  while (alive && performance.now() < deadline) {
    await sleep(pollMs);
    alive = signalGroup(pgid, 0) && isAnyLiving(pgid);
  }
  if (alive) signalGroup(pgid, 'SIGKILL');
}

/** False when no process of the group is left. */
function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pgid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    if (code === 'EPERM') return true; // it lives under another user, or (macOS) has ended and is not yet waited for
    throw error;
  }
}

/**
 * Whether the group has a process that is not a zombie. Where the first process of a container waits for nobody, dead
 * orphans stay for ever, and still take signals. Only Linux tells: see proc_pid_stat(5).
 */
function isAnyLiving(pgid: number): boolean {
  if (process.platform !== 'linux') return true;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => {
    const [state, , group] = statOf(pid);
    return group === String(pgid) && state !== 'Z' && state !== 'X';
  });
}

/** State, parent, group and more of a process; nothing when it has just ended. */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return [];
    throw error;
  }
}
