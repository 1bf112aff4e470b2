import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStat } from './process-stat.ts';

const pollMs = 10;
/** How long what got KILL may take to be gone; longer only when it is stuck in the kernel. */
const killMs = 2_000;

/** Ends all processes of a group: TERM, then KILL for those that are left after `graceMs`. False when some remain. */
export async function stopGroup(pgid: number, graceMs: number): Promise<boolean> {
  signalGroup(pgid, 'SIGTERM');
  if (await isGoneWithin(graceMs, pgid)) return true;
  signalGroup(pgid, 'SIGKILL');
  return isGoneWithin(killMs, pgid);
}

/** Whether the group has a process that is not a zombie; where only Linux tells zombies apart, any process. */
export function isGroupAlive(pgid: number): boolean {
  if (!signalGroup(pgid, 0)) return false;
  return process.platform !== 'linux' || livingMembers(pgid).length > 0;
}

/**
 * Processes of the group that are not zombies, on Linux. Where the first process of a container waits for nobody, dead
 * orphans stay for ever, and still take signals.
 */
export function livingMembers(pgid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const stat = readStat(pid);
    return stat?.pgid === pgid && stat.state !== 'Z' && stat.state !== 'X';
  });
}

async function isGoneWithin(ms: number, pgid: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isGroupAlive(pgid)) {
    if (performance.now() >= deadline) return false;
    await sleep(pollMs);
  }
  return true;
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
