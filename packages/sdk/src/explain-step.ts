import { basename, dirname, join, resolve } from 'node:path';
import { openCache } from '@orch/cache';
import type { Cache } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { BlobStore, Digest, EventData, Json, Preimage } from '@orch/contracts';
import { explainMiss } from '@orch/engine';
import type { MissExplanation } from '@orch/engine';
import { readLog } from '@orch/events';
import type { AnyEvent } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';

/** A question that a step or item asked, and whether the cache knew the answer. */
export type AskedQuestion = { readonly ts: string; readonly key: Digest } & (
  | { readonly cache: 'hit'; readonly source: EventData['cache.hit']['source']; readonly paidBy: string | undefined }
  /** `why` is absent when the question was not kept: the process died while it was asked. */
  | { readonly cache: 'miss'; readonly why: MissExplanation | undefined }
);

/** What became of a step or item in one attempt of the run. */
export type UnitEnd =
  | { readonly ts: string; readonly end: 'succeeded' | 'canceled' }
  | { readonly ts: string; readonly end: 'failed'; readonly message: string }
  | { readonly ts: string; readonly end: 'skipped'; readonly reason: string }
  /** Nothing was done: its inputs were those of line `fromSeq`. */
  | { readonly ts: string; readonly end: 'reused'; readonly fromSeq: number };

export type StepExplanation = {
  readonly step: string;
  readonly item?: string | undefined;
  readonly questions: readonly AskedQuestion[];
  readonly ends: readonly UnitEnd[];
  /** Of a step that fans out: its items, which are what asks. */
  readonly items?: readonly string[];
};

/**
 * Why a step, or an item of it, asked a model (or made again what `cache: on` keeps) or did not. Reads only. Throws
 * `not_found` for a step or item that the log does not know.
 */
export async function explainStep(dir: string, step: string, item?: string): Promise<StepExplanation> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const shared = paths.sharedCache;
  const stores = {
    cache: openCache<Json>(paths.cache, { shared }),
    blobs: openBlobs(paths.artifacts),
    sharedBlobs: openBlobs(join(shared, 'blobs')),
  };
  const questions: AskedQuestion[] = [];
  const ends: UnitEnd[] = [];
  const met = { steps: new Set<string>(), items: new Set<string>() };
  let starts = 0;
  for await (const event of readLog(paths.events)) {
    if (event.step !== undefined) met.steps.add(event.step);
    if (event.step === step && event.item !== undefined) met.items.add(event.item);
    const reused = reusedAt(event, step, item);
    if (reused !== undefined) ends.push({ ts: event.ts, end: 'reused', fromSeq: reused });
    if (event.step !== step || event.item !== item) continue;
    if (event.type === 'step.started') starts++;
    const question = await questionOf(event, stores);
    if (question !== undefined) questions.push(question);
    const end = endOf(event);
    if (end !== undefined) ends.push(end);
  }
  if (starts === 0 && ends.length === 0) throw unknownUnit({ step, item, ...met });
  const items = item === undefined && met.items.size > 0 ? [...met.items] : undefined;
  return { step, ...(item !== undefined && { item }), questions, ends, ...(items && { items }) };
}

type Stores = { readonly cache: Cache<Json>; readonly blobs: BlobStore; readonly sharedBlobs: BlobStore };

async function questionOf({ type, ts, data }: AnyEvent, stores: Stores): Promise<AskedQuestion | undefined> {
  if (type === 'cache.hit') {
    const { cache_key: key, source } = data as EventData['cache.hit'];
    return { ts, key, cache: 'hit', source, paidBy: stores.cache.get(key)?.paid?.job_id };
  }
  if (type !== 'cache.miss') return undefined;
  const { cache_key: key } = data as EventData['cache.miss'];
  const preimage = preimageOf(key, stores);
  const why = preimage && (await explainMiss(stores, preimage, { except: key, before: ts }));
  return { ts, key, cache: 'miss', why };
}

/** It stands in the entry that answered, or, where none did, in a blob whose digest is the key. */
function preimageOf(key: Digest, { cache, blobs }: Stores): Preimage | undefined {
  const kept = cache.get(key)?.preimage;
  const bytes = kept === undefined ? blobs.get(key) : undefined;
  return bytes === undefined ? kept : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Preimage);
}

function endOf({ type, ts, data }: AnyEvent): UnitEnd | undefined {
  switch (type) {
    case 'step.succeeded':
      return { ts, end: 'succeeded' };
    case 'step.canceled':
      return { ts, end: 'canceled' };
    case 'step.failed':
      return { ts, end: 'failed', message: (data as EventData['step.failed']).message };
    case 'step.skipped':
      return { ts, end: 'skipped', reason: (data as EventData['step.skipped']).reason };
    default:
      return undefined;
  }
}

function reusedAt(
  { type, data }: { readonly type: string; readonly data: unknown },
  step: string,
  item: string | undefined,
) {
  if (type !== 'step.skipped') return undefined;
  const skipped = data as EventData['step.skipped'];
  if (skipped.reason !== 'resume') return undefined;
  return skipped.reused.find((unit) => unit.step === step && unit.item === item)?.from_seq;
}

type Unknown = {
  readonly step: string;
  readonly item: string | undefined;
  readonly steps: ReadonlySet<string>;
  readonly items: ReadonlySet<string>;
};

function unknownUnit({ step, item, steps, items }: Unknown): OrchError {
  const known = item === undefined ? steps : items;
  const what = item === undefined ? `a step of the run, got ${step}` : `an item of step ${step}, got ${item}`;
  const some = [...known].toSorted().slice(0, 20).join(', ');
  return new OrchError('not_found', `Expected ${what}.`, {
    hint: some === '' ? 'It has not come to it.' : `There are: ${some}${known.size > 20 ? ' …' : ''}`,
  });
}
