import type { Digest, Where } from '@orch/contracts';
import type { RunContext } from '../run/run-context.ts';

/**
 * For `--retry-failed`: finds the answers that steps and items of the last attempt failed with. Call it before the next
 * attempt begins; what it returns puts into the log, in that attempt, that other answers are wanted.
 */
export function rejectFailed(run: RunContext): () => void {
  const found = failedUnits(run).flatMap((where): { where: Where; cache_key: Digest }[] => {
    const cache_key = run.leftovers.lastQuestion(where);
    return cache_key === undefined || run.rejected.has(cache_key) ? [] : [{ where, cache_key }];
  });
  return () => {
    for (const { where, cache_key } of found) {
      run.rejected.add(cache_key);
      const reason = 'The step failed with it, and was to be tried again.';
      run.journal.push('reply.rejected', { cache_key, by: 'retry_failed', reason }, where);
    }
  };
}

function failedUnits({ journal }: RunContext): Where[] {
  return [...journal.state.steps].flatMap(([step, { status, items }]) => {
    const failed: Where[] = [...items].filter(([, item]) => item.status === 'failed').map(([item]) => ({ step, item }));
    return status === 'failed' ? [{ step }, ...failed] : failed;
  });
}
