import { basename, dirname, resolve } from 'node:path';
import { endsAttempt, followLog } from '@orch/events';
import type { FollowLogOptions, LogEvent, OrchEvents } from '@orch/events';
import { isLocked, runPaths } from '@orch/filestore';

/**
 * The events of a run, those there are and those to come, until an attempt of it has ended and no process holds it any
 * more. Reads only; a run whose process died without an end is followed on, for it may be resumed.
 */
export function followRun(
  dir: string,
  options: Omit<FollowLogOptions, 'until'> = {},
): AsyncGenerator<LogEvent<OrchEvents>, void, undefined> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  return followLog(paths.events, {
    ...options,
    until: ({ type }) => endsAttempt(type) && !isLocked(paths.lock),
  });
}
