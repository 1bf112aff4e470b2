import { basename, dirname, resolve } from 'node:path';
import type { EventData, Plan, PlanStep, StepState } from '@orch/contracts';
import { readJob } from '@orch/engine';
import { readLog } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import { readRun } from './read-run.ts';

/** The steps of a run, those that joined it too, and how each stands. */
export type RunGraph = {
  readonly plan: Plan;
  readonly states: ReadonlyMap<string, StepState>;
};

/** Reads, never writes. Throws `not_found` and `corrupt_log`. */
export async function graphOfRun(dir: string): Promise<RunGraph> {
  const { plan } = await readJob(dir);
  const { manifest } = await readRun(dir);
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  for (const step of await joinedSteps(dir)) steps.set(step.id, step);
  const states = Object.entries(manifest.steps).map(([id, { status }]): [string, StepState] => [id, status]);
  return { plan: { ...plan, steps: [...steps.values()] }, states: new Map(states) };
}

/** Of every attempt: a later one that adds the same again adds nothing new. */
async function joinedSteps(dir: string): Promise<PlanStep[]> {
  const { events, artifacts } = runPaths(dirname(resolve(dir)), basename(dir));
  const blobs = openBlobs(artifacts);
  const joined: PlanStep[] = [];
  for await (const { data } of readLog(events, { types: ['plan.extended'] })) {
    const { sha256, inline } = (data as EventData['plan.extended']).steps;
    const bytes = inline ?? Buffer.from(blobs.get(sha256) ?? '[]').toString('utf8');
    joined.push(...(JSON.parse(bytes) as PlanStep[]));
  }
  return joined;
}
