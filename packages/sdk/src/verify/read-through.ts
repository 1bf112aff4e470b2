import { basename } from 'node:path';
import type { Digest, Manifest, OrchEvent } from '@orch/contracts';
import { eventData } from '@orch/contracts/schemas';
import { addedSteps } from '@orch/engine';
import { emptyRun, endsAttempt, readLog, reduceRun } from '@orch/events';
import type { RunView } from '@orch/events';
import { openBlobs } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { readPlan } from './plan-misfit.ts';
import { ContentCheck } from './content-check.ts';
import { manifestMisfit } from './manifest-misfit.ts';
import type { Misfit } from './misfit.ts';

export type ReadThrough = {
  readonly run: RunView;
  /** Hashes of the plans of all attempts, in order. */
  readonly plans: readonly Digest[];
  readonly counts: ContentCheck['counts'];
  /** The first thing that did not fit; nothing was read after it. */
  readonly misfit?: Misfit | undefined;
};

/** Folds a log, and looks event by event at what it names, and at the manifest where its watermark is. */
export async function readThrough(paths: RunPaths, manifest: Manifest | undefined): Promise<ReadThrough> {
  const run = emptyRun();
  const content = new ContentCheck(paths);
  const plans: Digest[] = [];
  for await (const event of readLog(paths.events)) {
    reduceRun(run, event);
    if (event.type === 'job.started') plans.push(event.data.plan_hash);
    const misfit =
      dataMisfit(event) ??
      foldMisfit(run, paths) ??
      content.misfitOf(event) ??
      (isToldBy(manifest, event) ? manifestMisfit(run, stepsOf(run, paths), manifest) : undefined);
    if (misfit !== undefined) return { run, plans, counts: content.counts, misfit };
  }
  return { run, plans, counts: content.counts };
}

/** Those of the plan, and those that joined it. */
function stepsOf(run: RunView, paths: RunPaths): ReadonlySet<string> | undefined {
  const plan = readPlan(paths, run.planHash);
  const joined = plan && addedSteps(run, plan.steps, openBlobs(paths.artifacts));
  return joined && new Set([...plan.steps, ...joined].map(({ id }) => id));
}

/** A manifest of the midst of an attempt may tell more than was synced when it was written. */
function isToldBy(manifest: Manifest | undefined, { seq, type }: OrchEvent): manifest is Manifest {
  return seq === manifest?.log.seq && endsAttempt(type);
}

/** Fields that a later version has added are no fault. */
function dataMisfit({ seq, type, data }: OrchEvent): Misfit | undefined {
  const schema = Object.hasOwn(eventData, type) ? eventData[type] : undefined;
  const issues = schema?.safeParse(data).error?.issues ?? [];
  const issue = issues.find(({ code }) => code !== 'unrecognized_keys');
  if (issue === undefined) return undefined;
  return { ...at(seq), expected: `the data of ${type}`, found: `data.${issue.path.join('.')}: ${issue.message}` };
}

function foldMisfit({ seq, jobId, misfits: [misfit] }: RunView, { dir }: RunPaths): Misfit | undefined {
  if (misfit !== undefined) {
    return { ...at(seq), expected: 'an event that can follow', found: `${misfit.type}: ${misfit.message}` };
  }
  const name = basename(dir);
  return jobId === name || jobId === ''
    ? undefined
    : { ...at(seq), expected: `the log of ${name}`, found: `that of ${jobId}` };
}

function at(seq: number): Pick<Misfit, 'what' | 'path'> {
  return { what: 'the event log', path: `events.jsonl:${seq}` };
}
