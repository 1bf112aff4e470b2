import { basename, dirname, resolve } from 'node:path';
import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import type { LogTail } from '@orch/events';
import { isLocked, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { checkChildren } from './check-children.ts';
import { checkFiles } from './check-files.ts';
import { checkLog } from './check-log.ts';
import { planMisfit } from './plan-misfit.ts';
import { notWhole } from './misfit.ts';
import { readThrough } from './read-through.ts';
import { readWrittenManifest } from './read-written-manifest.ts';

/** A run of which everything that its log names is there and fits. */
export type VerifiedRun = {
  readonly jobId: string;
  /** Absolute folder of the run. */
  readonly dir: string;
  readonly events: number;
  /** Files that steps wrote, each as its last writer left it. */
  readonly files: number;
  readonly blobs: number;
  /** Stored replies that the run used. */
  readonly replies: number;
  /** Somebody is writing it: what came after `events` was not looked at. */
  readonly live: boolean;
  /** Files that are not as the log says, because the step that was at work on them did not end well or did not end yet. */
  readonly unsettled: readonly string[];
  /** What stands after the last good line; nobody was told that it is kept, and the next writer moves it aside. */
  readonly tail?: LogTail;
  /** The runs that its steps began, each with those of its own. */
  readonly children: readonly VerifiedRun[];
};

/**
 * Checks a run against its log: the chain of its lines and how far they were synced, then all that they name by digest,
 * the manifest, the files, the plan, and the same of the runs that its steps began. Reads only, takes no lock. The error
 * is `corrupt_log`, its details say what does not fit first (`what, path, expected, found`); or `not_found` when there is
 * no log, or `io`.
 */
export async function verifyRun(dir: string): Promise<Result<VerifiedRun>> {
  try {
    return await verify(runPaths(dirname(resolve(dir)), basename(resolve(dir))), []);
  } catch (error) {
    if (OrchError.is(error)) return err(error);
    throw error;
  }
}

/** `above`: the runs whose steps began this one, from the first. */
async function verify(paths: RunPaths, above: readonly string[]): Promise<Result<VerifiedRun>> {
  const jobId = basename(paths.dir);
  const wasLive = isLocked(paths.lock);
  const manifest = readWrittenManifest(paths.manifest);
  const log = await checkLog(paths.events, manifest?.log);
  if (!log.ok) return log;
  const { run, plans, counts, misfit } = await readThrough(paths, manifest);
  if (misfit !== undefined) return err(notWhole(jobId, misfit));
  const live = wasLive || isLocked(paths.lock);
  const files = await checkFiles(run, paths.dir, live);
  const last = files.misfit ?? planMisfit(paths, plans);
  if (last !== undefined) return err(notWhole(jobId, last));
  const children = await checkChildren(run, { base: paths.base, above, verify });
  if (!children.ok) return children;
  const { tail } = log.value;
  return ok({
    jobId,
    dir: paths.dir,
    events: run.seq,
    files: run.files.size - files.unsettled.length,
    ...counts,
    live,
    unsettled: files.unsettled,
    ...(tail && { tail }),
    children: children.value,
  });
}
