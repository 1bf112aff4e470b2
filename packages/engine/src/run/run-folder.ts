import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { BlobStore, CompiledJob, PlanInput } from '@orch/contracts';
import { canonicalJson } from '@orch/cache';
import { writeAtomic } from '@orch/filestore';
import type { Durability, RunPaths } from '@orch/filestore';
import { jsonPieces } from './json-pieces.ts';
import { basename, dirname, join, sep } from 'node:path';

/** Makes the folder of a new run. A runs folder that cannot be written is told before anything else happens. */
export function createRunFolder(paths: RunPaths, project: string): void {
  try {
    makeFolder(paths.base);
    refuseStranger(paths.latest);
    mkdirSync(paths.dir);
    for (const dir of [paths.inbox, paths.inputs, paths.outputs(project)]) mkdirSync(dir, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OrchError('io', `Expected a folder for runs that can be written, got ${paths.base}: ${reason}`, {
      hint: 'Name another one with --runs-dir or ORCH_RUNS_DIR.',
      cause: error,
    });
  }
}

/** One by one: where a folder cannot be made although the one above it is there (/proc), Node's own way never ends. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another run may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function refuseStranger(latest: string): void {
  const found = lstatSync(latest, { throwIfNoEntry: false });
  if (found !== undefined && !found.isSymbolicLink()) throw new Error(`${latest} is no link of orch, move it away`);
}

/** Keeps what the run is made of: as blobs, which the log names, and as files, for people. */
export function keepInputs(
  job: CompiledJob,
  { paths, blobs, durability }: { paths: RunPaths; blobs: BlobStore; durability: Durability },
): void {
  for (const { content } of [job.spec, ...job.inputs]) blobs.put(content);
  if (!blobs.has(job.planHash)) blobs.put(job.planJson ?? canonicalJson(job.plan));
  writeAtomic(join(paths.inputs, specName(job.spec)), job.spec.content, { durability });
  writeAtomic(join(paths.inputs, 'plan.json'), jsonPieces(job.plan), { durability });
}

/** Where the job file stands on this machine. Not in the log: a run may go on elsewhere. Kept before the plan is. */
export function keepOrigin({ jobDir, spec }: CompiledJob, { dir, origin }: RunPaths): void {
  if (jobDir.startsWith(dir + sep)) return;
  const content = JSON.stringify({ spec: join(jobDir, basename(spec.path)) });
  writeAtomic(origin, `${content}\n`);
}

/** Absolute path of the job file that a run was compiled from; undefined for a run that came from another machine. */
export function readOrigin({ origin }: Pick<RunPaths, 'origin'>): string | undefined {
  try {
    const { spec } = JSON.parse(readFileSync(origin, 'utf8')) as { readonly spec?: unknown };
    return typeof spec === 'string' ? spec : undefined;
  } catch (error) {
    // It only saves a person from naming the job file again.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Points `latest` to this run. Two runs may start at once: the last one wins, and the link is never absent. */
export function pointLatest(paths: RunPaths, jobId: string): void {
  const draft = `${paths.latest}.${jobId}`;
  try {
    rmSync(draft, { force: true }); // of a process that died here
    symlinkSync(jobId, draft);
    renameSync(draft, paths.latest);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new OrchError('io', `Expected to point ${paths.latest} to ${jobId}: ${String(error)}`, {
      hint: 'It is a link of orch: move away what stands in its place.',
      cause: error,
    });
  }
}

function specName({ path }: PlanInput): string {
  return path.endsWith('.json') ? 'spec.json' : 'spec.yaml';
}
