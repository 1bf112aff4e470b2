import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@orch/cache';
import type { PlanStep } from '@orch/contracts';
import type { FailedAttempt, Success } from '@orch/events';
import { isBrokenNow } from '../attempt/condition-scope.ts';
import type { ItemNode } from '../graph/graph.ts';
import { itemOf } from '../fan-out/item-of.ts';
import { failureWith } from './kept-failure.ts';
import { orNothing } from './past-run.ts';
import type { PastRun } from './past-run.ts';
import { prepareAttempt } from '../attempt/prepare-attempt.ts';
import { unitAt } from '../graph/unit.ts';
import { goneBlob, requireOutput, settledOf, successWith } from './reuse.ts';
import type { StepPlace } from '../graph/unit.ts';
import { scopeOf } from '../attempt/scope.ts';

/** A step or item, by its nodes. */
export type Unit = {
  readonly step: PlanStep;
  readonly place: StepPlace;
  readonly needs: readonly string[];
  readonly node?: ItemNode | undefined;
};

export type StayOptions = {
  /** Steps that run whatever they came to before. */
  readonly anew: ReadonlySet<string>;
  readonly retryFailed: boolean;
};

/** What a step or item came to before, and a resume leaves as it is. */
export type Stays = { readonly success?: Success; readonly failure?: FailedAttempt };

/** Undefined when it runs. What it needs stands in the results of the run. */
export async function whatStays(
  { facts, state, blobs }: PastRun,
  { step, place, node }: Unit,
  { anew, retryFailed }: StayOptions,
): Promise<Stays | undefined> {
  if (anew.has(step.id)) return undefined;
  const item = node && itemOf(facts.results, node);
  const scope = scopeOf(facts, step, item?.value);
  const prepared = await orNothing(prepareAttempt(facts, { step, ...(item && { item }) }, scope));
  if (prepared === undefined) return undefined;
  const success = successWith(state, place, prepared.inputHash);
  if (success !== undefined) {
    const made = settledOf(success.data, blobs);
    return isBrokenNow({ results: facts.results, blobs }, { step, scope }, made) ? undefined : { success };
  }
  const failedWhole = node !== undefined && unitAt(state, { step: step.id })?.failure !== undefined;
  const around = { state, anew, retryFailed: retryFailed || failedWhole };
  const failure = failureWith(around, { step, where: place, inputHash: prepared.inputHash });
  return failure && { failure };
}

/** Throws `corrupt_log` unless all that a step or item made is still there. */
export function requireWhole({ facts, blobs }: PastRun, place: StepPlace, { data }: Success): void {
  requireOutput(place, data.output, blobs);
  for (const { path, sha256: digest } of settledOf(data, blobs).files) {
    if (!blobs.has(digest) && !fits(join(facts.paths.dir, path), digest)) throw goneBlob(path, digest, place.step);
  }
}

function fits(file: string, digest: string): boolean {
  return existsSync(file) && sha256(readFileSync(file)) === digest;
}
