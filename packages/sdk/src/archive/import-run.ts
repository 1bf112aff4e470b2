import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import { runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { verifyRun } from '../verify/verify-run.ts';
import type { VerifiedRun } from '../verify/verify-run.ts';
import { formOfFile } from './archive-form.ts';
import { familyOf } from './family-of-run.ts';
import { unpackRuns } from './unpack-runs.ts';
import type { UnpackLimits } from './unpack-runs.ts';

export type ImportOptions = UnpackLimits & {
  /** The folder of all runs; created if need be. The cache that they share is not touched. */
  readonly runsDir: string;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Brings a run from an archive of `exportRun` into a folder of runs, as it was, with those that its steps began. On any
 * error nothing is left behind: `unsafe_path` for names that could lead elsewhere, `usage` for a run that is there
 * already and for what is no archive of a run or too large a one, `corrupt_log` when the run is not whole (see
 * `verifyRun`), `not_found`, `io`, or the signal's reason. Nothing is synced: after a power cut it may have to be
 * imported again.
 */
export async function importRun(file: string, options: ImportOptions): Promise<VerifiedRun> {
  const form = formOfFile(file);
  const base = resolve(options.runsDir);
  const into = makeRoom(base);
  const onRun = (jobId: string) => refuseKnown(base, jobId);
  try {
    const [jobId, ...others] = await unpackRuns(file, { ...options, form, into, onRun });
    const family = familyOf(runPaths(into, jobId));
    refuseStrangers(jobId, others, family);
    const verified = await verifyRun(join(into, jobId));
    if (!verified.ok) throw verified.error;
    moveIn(base, family);
    return movedTo(base, verified.value);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : OrchError.from(error, 'io');
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

function refuseStrangers(jobId: string, others: readonly string[], family: readonly RunPaths[]): void {
  const known = new Set(family.map(({ dir }) => basename(dir)));
  const stranger = others.find((other) => !known.has(other));
  if (stranger === undefined) return;
  throw new OrchError(
    'usage',
    `Expected the archive of one run and of those that its steps began, it has ${jobId} and ${stranger}.`,
  );
}

/** Each before the one that began it: a run that is there has all of its own. */
function moveIn(base: string, family: readonly RunPaths[]): void {
  const moved: string[] = [];
  try {
    for (const { dir, inbox } of family.toReversed()) {
      const target = join(base, basename(dir));
      mkdirSync(inbox);
      refuseKnown(base, basename(dir));
      renameSync(dir, target);
      moved.push(target);
    }
  } catch (error) {
    for (const target of moved) rmSync(target, { recursive: true, force: true });
    throw error;
  }
}

function movedTo(base: string, run: VerifiedRun): VerifiedRun {
  const children = run.children.map((child) => movedTo(base, child));
  return { ...run, dir: join(base, run.jobId), children };
}

/** A folder beside the runs, so that what was checked there need only change its name. */
function makeRoom(base: string): string {
  try {
    makeFolder(base);
    return mkdtempSync(join(base, '.import-'));
  } catch (error) {
    throw OrchError.from(error, 'io');
  }
}

/** One by one: where a folder cannot be made although the one above it is there (/proc), Node's own way never ends. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

function refuseKnown(base: string, jobId: string): void {
  if (!existsSync(join(base, jobId))) return;
  throw new OrchError('usage', `Expected a run that is not there yet, ${base} has ${jobId}.`, {
    hint: 'Name another folder with --runs-dir, or move that run away.',
  });
}
