import { statSync } from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
import { OrchError } from '@orch/contracts';
import { readLog } from '@orch/events';
import type { OrchEvents } from '@orch/events';
import { acquireLock, isLocked, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { hiderOfRun } from '../secrets.ts';
import type { Onlooker } from '../secrets.ts';
import { verifyRun } from '../verify/verify-run.ts';
import { draftArchive } from './archive-draft.ts';
import type { ArchiveDraft, DraftOptions } from './archive-draft.ts';
import type { LeftOut } from './carried-entries.ts';
import { familyOf } from './family-of-run.ts';
import { packRuns } from './pack-runs.ts';
import type { Packed } from './pack-runs.ts';
import { projectFiles } from './project-files.ts';
import type { ProjectFiles } from './project-files.ts';
import { refuseSecrets } from './refuse-secrets.ts';

export type ExportOptions = DraftOptions &
  Onlooker & {
    readonly signal?: AbortSignal | undefined;
  };

export type ExportedRun = {
  readonly jobId: string;
  /** Absolute path of the archive. */
  readonly file: string;
  /** Its size. */
  readonly bytes: number;
  readonly files: number;
  /**
   * What cannot stand in an archive, such as links that lead out, and files of the project that hold a secret. The log
   * names none of it.
   */
  readonly leftOut: readonly LeftOut[];
};

/**
 * Writes a whole run into `to`, a `.tar.gz` or `.tar.zst`: all of it or nothing, and the files of the project that its
 * steps read (`projectFiles`). Locks, the inbox and the place of the job file are left behind. Rejects with `locked` while somebody writes the run, `corrupt_log` when it is not whole (see
 * `verifyRun`), `usage` when the file is there, `unsafe_path` for a file that other systems cannot have, `io`, or the
 * signal's reason. `usage` also when a file of the run holds a secret of this environment: one that the run was not told of.
 */
export async function exportRun(dir: string, to: string, options: ExportOptions = {}): Promise<ExportedRun> {
  const paths = runPaths(dirname(resolve(dir)), basename(resolve(dir)));
  const file = resolve(to);
  const draft = draftArchive(file, options);
  const family = familyOf(paths);
  for (const one of family) await refuseLocked(one);
  const verified = await verifyRun(paths.dir);
  if (!verified.ok) throw verified.error;
  for (const { dir: one } of family) refuseSecrets(one, await hiderOfRun(one, options));
  try {
    const isOwn = (path: string): boolean => path === file || isOfRuns(path, paths.base);
    const project = await projectFiles(family, { hider: await hiderOfRun(paths.dir, options), isOwn });
    const { files, leftOut } = await fill(draft, { family, project }, options.signal);
    const left = [...leftOut].flatMap(([of, all]) => all.map((each) => (of === paths.dir ? each : inChild(of, each))));
    return { jobId: basename(paths.dir), file, files, leftOut: [...left, ...project.leftOut], bytes: draft.keep() };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw OrchError.from(error, 'io');
  } finally {
    draft.drop();
  }
}

/** Whether a path is what orch writes into a folder of runs. */
function isOfRuns(path: string, base: string): boolean {
  if (!path.startsWith(base + sep)) return false;
  return /^(job_[0-9a-f]{12}|latest|\.cache)$/.test(path.slice(base.length + 1).split(sep)[0] ?? '');
}

function inChild(dir: string, { path, reason }: LeftOut): LeftOut {
  return { path: `${basename(dir)}/${path}`, reason };
}

async function fill(
  draft: ArchiveDraft,
  { family, project }: { readonly family: readonly RunPaths[]; readonly project: ProjectFiles },
  signal: AbortSignal | undefined,
): Promise<Packed> {
  const sizes = () => family.map(({ events }) => statSync(events).size);
  const before = sizes();
  const { tar, done } = packRuns(family.map(({ dir }, at) => ({ dir, ...(at === 0 && { brought: project.sources }) })));
  const [written, packed] = await Promise.allSettled([draft.fill(tar, signal), done]);
  if (written.status === 'rejected') throw written.reason;
  if (packed.status === 'rejected') throw packed.reason;
  for (const one of family) await refuseLocked(one);
  const changed = sizes().findIndex((size, at) => size !== before[at]);
  if (changed >= 0) throw new OrchError('locked', `${family[changed]?.dir} was resumed meanwhile.`);
  for (const one of family) await refuseMissing(one, packed.value.leftOut.get(one.dir) ?? []);
  return packed.value;
}

/** Whoever holds the lock says so himself. */
async function refuseLocked({ lock, owner }: RunPaths): Promise<void> {
  if (isLocked(lock)) (await acquireLock(lock, { owner, waitMs: 0 })).release();
}

async function refuseMissing({ events }: RunPaths, leftOut: readonly LeftOut[]): Promise<void> {
  if (leftOut.length === 0) return;
  for await (const event of readLog<OrchEvents>(events, { types: ['file.written'] })) {
    if (event.type !== 'file.written') continue;
    const { path: file } = event.data;
    const left = leftOut.find(({ path }) => file === path || file.startsWith(`${path}/`));
    if (left === undefined) continue;
    throw new OrchError(
      'unsafe_path',
      `Expected files that an archive can hold, ${left.path} is none: ${left.reason}.`,
    );
  }
}
