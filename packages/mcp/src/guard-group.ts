import { spawn } from 'node:child_process';

/**
 * A shell that waits for the end of this process, also by kill -9, and then ends the group: TERM a second later, for
 * what has not ended by itself, KILL after two more.
 */
const script = 'read -r _; sleep 1; kill -TERM "-$1" || exit 0; sleep 2; kill -KILL "-$1"';

/** Sees to it that a process group does not outlive this process. Release it when the group has ended. */
export function guardGroup(pgid: number): { readonly release: () => void } {
  const guard = spawn('/bin/sh', ['-c', script, 'sh', String(pgid)], {
    env: { PATH: '/bin:/usr/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell nobody watches; the group still ends with the run.
  guard.once('error', () => undefined);
  guard.unref();
  guard.stdin.on('error', () => undefined); // it was released
  return { release: () => void guard.kill('SIGKILL') };
}
