import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 10;

/** Ends all processes of a group: TERM, then KILL for those that are left after `graceMs`. */
export async function endGroup(pgid: number, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let alive = signalGroup(pgid, 'SIGTERM');
  while (alive && performance.now() < deadline) {
    await sleep(pollMs);
    alive = signalGroup(pgid, 0);
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
