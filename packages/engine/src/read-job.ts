import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { BlobStore, CompiledJob, Digest, EventData, Plan, PlanInput, StepHost } from '@orch/contracts';
import { readLog } from '@orch/events';
import { openBlobs, openFiles, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { mountedFolder } from '@orch/spec';
import { loadOutput } from './run/outputs.ts';
import { readOrigin } from './run/run-folder.ts';

type Started = EventData['job.started'];

/**
 * The job of a run as its last attempt ran it, from its folder alone. Relative paths count from where the job file
 * stands; on a machine that has it not, from copies of the files that compilation read. Throws `not_found` when the run
 * never began, `corrupt_log` when a part of it is gone.
 */
export async function readJob(dir: string): Promise<CompiledJob> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const blobs = openBlobs(paths.artifacts);
  const started = await lastStart(paths);
  return started === undefined ? writtenJob(paths) : loggedJob(paths, blobs, started);
}

async function lastStart({ events }: RunPaths): Promise<Started | undefined> {
  let last: Started | undefined;
  for await (const { data } of readLog(events, { types: ['job.started'] })) last = data as Started;
  return last;
}

/** Of a run that was ended before its log began. */
function writtenJob(paths: RunPaths): CompiledJob {
  const file = join(paths.inputs, 'plan.json');
  if (!existsSync(file)) {
    throw new OrchError('not_found', `Expected the plan of a run at ${file}, there is none: it was never begun.`, {
      hint: 'Start it again: orch run',
    });
  }
  const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan;
  const origin = readOrigin(paths);
  const spec = inputOf(origin ?? 'spec.yaml', readFileSync(specFile(paths), 'utf8'));
  const jobDir = origin === undefined ? paths.inputs : dirname(origin);
  return { plan, planHash: sha256(canonicalJson(plan)), spec, inputs: [], jobDir };
}

function loggedJob(paths: RunPaths, blobs: BlobStore, started: Started): CompiledJob {
  const { plan_hash: planHash, spec_sha256, inputs: listed, given: { vars, provider } = {} } = started;
  const content = (what: string, digest: Digest): string => {
    const bytes = blobs.get(digest);
    if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
    throw new OrchError(
      'corrupt_log',
      `Expected ${what} of the run among its artifacts as blob ${digest}, it is gone.`,
    );
  };
  const refs =
    'sha256' in listed
      ? (loadOutput(listed, blobs) as unknown as Exclude<Started['inputs'], { sha256: string }>)
      : listed;
  const inputs = refs.map(({ path, sha256: digest }) => inputOf(path, content(path, digest)));
  const plan = writtenPlan(paths, planHash) ?? (JSON.parse(content('the plan', planHash)) as Plan);
  const origin = readOrigin(paths);
  const home = origin !== undefined && existsSync(dirname(origin)) ? dirname(origin) : undefined;
  return {
    plan,
    planHash,
    spec: inputOf(origin ?? basename(specFile(paths)), content('the job file', spec_sha256)),
    inputs,
    jobDir: home ?? copiesOf(paths, inputs),
    given: { ...(vars && { vars }), ...(provider !== undefined && { provider }) },
  };
}

/** The plan as it was written, its maps in their order, which the one in the log has lost; when it is that plan. */
function writtenPlan({ inputs }: RunPaths, planHash: Digest): Plan | undefined {
  const file = join(inputs, 'plan.json');
  if (!existsSync(file)) return undefined;
  try {
    const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan;
    return sha256(canonicalJson(plan)) === planHash ? plan : undefined;
  } catch (error) {
    // It is there for people: who spoiled it gets the plan of the log.
    if (error instanceof SyntaxError || OrchError.is(error)) return undefined;
    throw error;
  }
}

function inputOf(path: string, content: string): PlanInput {
  return { path, sha256: sha256(content), content };
}

function specFile({ inputs }: RunPaths): string {
  const json = join(inputs, 'spec.json');
  return existsSync(json) ? json : join(inputs, 'spec.yaml');
}

/** Where the copies of what compilation read stand, when the job file is not on this machine. */
function copiesOf({ inputs: folder }: RunPaths, inputs: readonly PlanInput[]): string {
  return join(folder, 'files', ...levelsAbove(inputs));
}

/** As many folders as a path of the job climbs up. */
export function levelsAbove(inputs: readonly PlanInput[]): string[] {
  const above = Math.max(0, ...inputs.map(({ path }) => path.split('/').filter((part) => part === '..').length));
  return Array.from({ length: above }, () => 'job');
}

/** Writes the copies that a job of another machine is run from, and those of a built-in pipeline, for every job. */
export function layOutCopies(paths: RunPaths, { jobDir, inputs }: CompiledJob): void {
  const mounted = inputs.filter(({ path }) => path.startsWith(mountedFolder));
  const isElsewhere = jobDir === copiesOf(paths, inputs);
  if (isElsewhere) mkdirSync(jobDir, { recursive: true }); // commands work there, also where nothing was copied
  if (mounted.length === 0 && !isElsewhere) return;
  const files = openFiles(join(paths.inputs, 'files'), { durability: 'relaxed' });
  for (const { path, content } of mounted) files.write(path, content);
  if (isElsewhere) for (const { path, content } of inputs) files.write(join(...levelsAbove(inputs), path), content);
}

/** The folder that the path of a module counts from: copies of what a pipeline brought stand in the folder of the run. */
export function homeOf(path: string, { job, run }: Pick<StepHost['dirs'], 'job' | 'run'>): string {
  return path.startsWith(mountedFolder) ? join(run, 'inputs', 'files') : job;
}
