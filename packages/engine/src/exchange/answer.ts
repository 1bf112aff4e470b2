import { canonicalJson } from '@orch/cache';
import type { CacheMode, Provider } from '@orch/contracts';
import { digestQuestion } from './message-digests.ts';
import type { Asker, Posed } from './pose.ts';
import { buyReply } from './purchase.ts';
import type { RunContext } from '../run/run-context.ts';
import type { StoredReply } from './stored-reply.ts';

/** The stored answer to a question, else one that is bought, kept, and logged in this order. */
export async function answer(run: RunContext, posed: Posed, asker: Asker): Promise<StoredReply> {
  const where = { step: asker.step, item: asker.item };
  const { key: cache_key, preimage, request } = posed;
  const mode = modeOf(posed.provider, asker.cache);
  let tellPaid = (): void => undefined;
  const onPaid = (tell: () => void): void => void (tellPaid = tell);
  const compute = async (signal: AbortSignal): Promise<StoredReply> => {
    // Beside the shared entries, so that a later run can tell line by line in what its prompt differs.
    if (mode !== 'run' && mode !== 'off') digestQuestion(request, run.sharedBlobs);
    const { changed } = run.cache.explain(preimage);
    run.journal.push('cache.miss', { cache_key, changed: [...changed] }, where);
    try {
      return await buyReply(run, {
        ...posed,
        where,
        signal,
        deadline: asker.deadline,
        log: asker.log,
        tally: asker.tally,
        onPaid,
      });
    } catch (error) {
      keepQuestion(run, posed);
      throw error;
    }
  };
  const { signal } = asker;
  const share = run.recovered.has(cache_key);
  const found = await run.cache.getOrCompute(preimage, compute, { mode, signal, since: run.now, share });
  if (found.from === 'computed') tellPaid();
  else run.journal.push('cache.hit', { cache_key, source: found.from }, where);
  return found.value;
}

/** Without an entry that holds it, so that the miss can be explained all the same: a blob whose digest is the key. */
export function keepQuestion(run: RunContext, { preimage }: Posed): void {
  run.blobs.put(canonicalJson(preimage));
}

function modeOf(provider: Provider, cache: CacheMode): 'auto' | 'off' | 'refresh' | 'run' {
  if (!provider.can.shareable) return 'run';
  return cache === 'off' || cache === 'refresh' ? cache : 'auto';
}
