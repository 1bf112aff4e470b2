import { OrchError } from '@orch/contracts';
import type { BlobStore, EventData, PlanStep } from '@orch/contracts';

/** The steps that joined a plan with an event. Throws `corrupt_log` when they are gone. */
export function joiningSteps({ steps }: EventData['plan.extended'], blobs: BlobStore): readonly PlanStep[] {
  const text = steps.inline ?? wholeText(blobs.get(steps.sha256));
  if (text !== undefined) return JSON.parse(text) as PlanStep[];
  throw new OrchError(
    'corrupt_log',
    `Expected the steps that joined the run among its artifacts, ${steps.sha256} is gone.`,
  );
}

function wholeText(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('utf8');
}
