import type { Cache } from '@orch/cache';
import type { BlobStore, Digest, Preimage } from '@orch/contracts';
import { preimageChanges, tellChanges } from './preimage-changes.ts';
import type { FieldChange } from './preimage-changes.ts';

export type MissExplanation = {
  /** The stored entry of the same step that has most in common; absent when the step has none. */
  readonly nearest?: Digest | undefined;
  /** Names of the fields that differ from it. */
  readonly changed: readonly string[];
  readonly changes: readonly FieldChange[];
  /** The same in words. */
  readonly lines: readonly string[];
};

/** Which entries count. */
type Filter = Parameters<Cache<never>['explain']>[1];

export type Stores = {
  readonly cache: Pick<Cache<never>, 'explain' | 'get'>;
  readonly blobs: BlobStore;
  readonly sharedBlobs: BlobStore;
};

/** Why a question was not answered from the cache: what differs from the nearest entry, prompts line by line. */
export async function explainMiss(
  { cache, blobs, sharedBlobs }: Stores,
  preimage: Preimage,
  filter?: Filter,
): Promise<MissExplanation> {
  const { nearest, changed } = cache.explain(preimage, filter);
  const entry = nearest === undefined ? undefined : cache.get(nearest);
  if (entry === undefined) {
    return { changed, changes: [], lines: [`There is no other entry of step ${preimage.step}.`] };
  }
  const readText = (digest: Digest): string | undefined => {
    const bytes = blobs.get(digest) ?? sharedBlobs.get(digest);
    return bytes && Buffer.from(bytes).toString('utf8');
  };
  const changes = await preimageChanges(preimage, entry.preimage, readText);
  const lines = [`The nearest entry, ${entry.key.slice(0, 12)}, differs:`, ...tellChanges(changes)];
  return { nearest, changed, changes, lines };
}
