import type { BlobStore, OutcomeExtra, PlanStep, StepScope } from '@orch/contracts';
import type { ConditionScope } from '@orch/spec';
import { brokenAssertion } from './conditions.ts';
import type { Produced } from './make-once.ts';
import { loadOutput } from '../run/outputs.ts';
import type { Results, Settled } from '../run/results.ts';

/** What the conditions of a step see when it has been done. */
export function scopeWith(results: Results, scope: StepScope, { output, files, extra }: Produced): ConditionScope {
  return { ...scope, output, files: results.fileViews(files), ...extra };
}

type Stores = { readonly results: Results; readonly blobs: BlobStore };

/** Whether what a step made before does not hold against the assertions that it has now. */
export function isBrokenNow(
  { results, blobs }: Stores,
  { step, scope }: { readonly step: PlanStep; readonly scope: StepScope },
  made: Settled,
): boolean {
  return (
    step.assert !== undefined && brokenAssertion(step, scopeWith(results, scope, produced(made, blobs))) !== undefined
  );
}

function produced({ output, files, extra }: Settled, blobs: BlobStore): Produced {
  const more = extra && (loadOutput(extra, blobs) as OutcomeExtra);
  return { output: loadOutput(output, blobs), files, extra: more };
}
