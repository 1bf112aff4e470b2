import type { Cache } from '@orch/cache';
import type { BlobStore, CacheMode, Digest, EventData, Json, Preimage } from '@orch/contracts';
import { explainMiss } from '@orch/engine';
import type { MissExplanation } from '@orch/engine';
import type { AnyEvent } from '@orch/events';

/** A question that a step or item asked, and whether the cache knew the answer. */
export type AskedQuestion = { readonly ts: string; readonly key: Digest } & (
  | { readonly cache: 'hit'; readonly source: EventData['cache.hit']['source']; readonly paidBy: string | undefined }
  | {
      readonly cache: 'miss';
      /** The mode of the step, when that passed over what was stored. */
      readonly passedOver: 'off' | 'refresh' | undefined;
      /**
       * Absent when the question was not kept, because the process died while it was asked; and when a stored answer to
       * the same question was passed over.
       */
      readonly why: MissExplanation | undefined;
    }
);

/** An event of a step or item, and the cache mode that the step had then. */
export type UnitEvent = { readonly event: AnyEvent; readonly mode: CacheMode | undefined };

export type Stores = { readonly cache: Cache<Json>; readonly blobs: BlobStore; readonly sharedBlobs: BlobStore };

/** What a step or item asked, from all events of it in order. */
export async function askedQuestions(events: readonly UnitEvent[], stores: Stores): Promise<AskedQuestion[]> {
  const questions: AskedQuestion[] = [];
  for (const [at, { event, mode }] of events.entries()) {
    if (event.type === 'cache.hit') questions.push(hit(event, stores));
    if (event.type !== 'cache.miss') continue;
    const passes = (mode === 'off' || mode === 'refresh') && !isFrozen(events.slice(at));
    questions.push(await miss(event, passes ? mode : undefined, stores));
  }
  return questions;
}

function hit({ ts, data }: AnyEvent, { cache }: Stores): AskedQuestion {
  const { cache_key: key, source } = data as EventData['cache.hit'];
  return { ts, key, cache: 'hit', source, paidBy: cache.get(key)?.paid?.job_id };
}

/** A frozen run takes what is stored, whatever the step says. */
function isFrozen(rest: readonly UnitEvent[]): boolean {
  const end = rest.find(({ event: { type } }) => type === 'step.failed' || type === 'step.succeeded')?.event;
  return end?.type === 'step.failed' && (end.data as EventData['step.failed']).code === 'frozen_miss';
}

async function miss(
  { ts, data }: AnyEvent,
  passedOver: 'off' | 'refresh' | undefined,
  stores: Stores,
): Promise<AskedQuestion> {
  const { cache_key: key, changed } = data as EventData['cache.miss'];
  const preimage = preimageOf(key, stores);
  const isSame = passedOver !== undefined && changed.length === 0;
  const why = preimage && !isSame ? await explainMiss(stores, preimage, { except: key, before: ts }) : undefined;
  return { ts, key, cache: 'miss', passedOver, why };
}

/** It stands in the entry that answered, or, where none did, in a blob whose digest is the key. */
function preimageOf(key: Digest, { cache, blobs }: Stores): Preimage | undefined {
  const kept = cache.get(key)?.preimage;
  const bytes = kept === undefined ? blobs.get(key) : undefined;
  return bytes === undefined ? kept : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Preimage);
}
