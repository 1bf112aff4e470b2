import { OrchError } from '@orch/contracts';
import type { ErrorCode, Json, PlanStep } from '@orch/contracts';
import type { ItemNode } from '../graph/graph.ts';
import { loadOutput, storeOutput } from '../run/outputs.ts';
import type { Settled, SettledItem } from '../run/results.ts';
import type { RunContext } from '../run/run-context.ts';

/** What the items of a fan-out came to, in their order. The output of those that came to nothing is null. */
export function joinItems(
  run: Pick<RunContext, 'results' | 'blobs'>,
  nodes: readonly ItemNode[],
): Settled & { readonly items: readonly SettledItem[] } {
  const items = nodes.map((node) => {
    const settled = run.results.get(node.id);
    if (settled === undefined) throw new OrchError('internal', `Item ${node.id} was joined before it ended.`);
    return { key: node.key, item: node.item, settled };
  });
  const made = items.map(({ settled }) => (settled.status === 'succeeded' ? settled : undefined));
  const outputs: Json = made.map((one) => (one === undefined ? null : loadOutput(one.output, run.blobs)));
  const files = made.flatMap((one) => one?.files ?? []);
  return { status: 'succeeded', output: storeOutput(outputs, run.blobs), files, items };
}

/**
 * Why a fan-out failed whose items ended like this; undefined when it succeeded. With `on_failure: continue` enough of
 * them have to succeed, one unless the step says so, else none may fail. Nobody misses what was skipped.
 */
export function shortfall({ on_failure, min_success }: PlanStep, items: readonly SettledItem[]): OrchError | undefined {
  const failed = failuresOf(items);
  if (on_failure !== 'continue') return itemsError(failed, items.length);
  const least = min_success ?? Math.min(failed.length, 1);
  const succeeded = items.filter(({ settled }) => settled.status === 'succeeded').length;
  if (succeeded >= least) return undefined;
  const error = itemsError(failed, items.length);
  const message = `Expected at least ${least} of ${items.length} items to succeed, ${succeeded} did.`;
  if (error === undefined) return new OrchError('assertion', message, { retryable: false });
  return new OrchError(error.code, `${message} ${error.message}`, { hint: error.hint, cause: error, retryable: false });
}

export type FailedItem = { readonly key: string; readonly error: OrchError };

/** What a fan-out fails with for the failures of its items; undefined when there are none. */
export function itemsError([first, ...others]: readonly FailedItem[], total: number): OrchError | undefined {
  if (first === undefined) return undefined;
  const { code, message: why, hint }: { code: ErrorCode; message: string; hint?: string } = first.error;
  const message = `${others.length + 1} of ${total} items failed, first ${first.key}: ${why}`;
  return new OrchError(code, message, { hint, cause: first.error, retryable: false });
}

function failuresOf(items: readonly SettledItem[]): FailedItem[] {
  return items.flatMap(({ key, settled }) =>
    settled.status === 'failed' && settled.error !== undefined ? [{ key, error: settled.error }] : [],
  );
}
