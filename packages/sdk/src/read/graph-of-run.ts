import { basename, dirname, resolve } from 'node:path';
import type { Plan, StepState } from '@orch/contracts';
import { addedSteps, readJob } from '@orch/engine';
import { foldLog } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import { readRun } from './read-run.ts';

/** The steps of a run, those that joined it too, and how each stands. */
export type RunGraph = {
  readonly plan: Plan;
  readonly states: ReadonlyMap<string, StepState>;
};

/** Reads, never writes. Throws `not_found` and `corrupt_log`. */
export async function graphOfRun(dir: string): Promise<RunGraph> {
  const { manifest } = await readRun(dir);
  const { plan } = await readJob(dir);
  const { events, artifacts } = runPaths(dirname(resolve(dir)), basename(dir));
  const added = addedSteps(foldLog(events).state, plan.steps, openBlobs(artifacts));
  const states = Object.entries(manifest.steps).map(([id, { status }]): [string, StepState] => [id, status]);
  return { plan: { ...plan, steps: [...plan.steps, ...added] }, states: new Map(states) };
}
