import type { CacheEntry, Clock, Digest, Preimage } from '@orch/contracts';
import type { Durability } from '@orch/filestore';
import type { CacheWarning } from './entry-reader.ts';
import type { EntryFilter, Nearest } from './nearest-entries.ts';
import type { Upkeep } from './upkeep.ts';

/** The part of an entry that a value becomes. */
export type StoredAnswer = Pick<CacheEntry, 'response' | 'finish_reason' | 'usage' | 'model_reported' | 'paid'>;

/** How values stand in entries. */
export interface Codec<V> {
  toEntry(value: V): StoredAnswer;
  fromEntry(entry: CacheEntry): V;
}

export type CacheOptions<V> = {
  /** A folder that many runs share: `<runs>/.cache`. */
  readonly shared?: string | undefined;
  /** `strict` (default): what was stored survives a power cut. */
  readonly durability?: Durability | undefined;
  /** Unless given, a value is a JSON value and stands there as the response. */
  readonly codec?: Codec<V> | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
  /** Stands in the entries written. */
  readonly orchVersion?: string | undefined;
  /** Why an entry that is whole may not be used all the same; undefined when it may. */
  readonly refuse?: ((entry: CacheEntry) => string | undefined) | undefined;
  /** Told of entries that cannot be used; unless given, a process warning. */
  readonly onWarning?: ((warning: CacheWarning) => void) | undefined;
};

/**
 * `auto`: the run's folder, then the shared one. `refresh`: the same, but nothing older than `since`; the answer is
 * stored anew in both. `off`: the shared folder is neither read nor written. `run`: the same, for answers that are
 * worth nothing to other runs. The run's own folder is used in all four.
 */
export type CacheUse = 'auto' | 'refresh' | 'off' | 'run';

export type GetOptions<V> = {
  readonly mode?: CacheUse | undefined;
  /** When false, the value is returned but not stored. */
  readonly keep?: ((value: V) => boolean) | undefined;
  /** Ends the waiting, and is handed to `compute`. Others who wait for the same answer do not hang on it. */
  readonly signal?: AbortSignal | undefined;
  /** For `refresh`, a `ts` as in records: when the run began. Unless given, when the cache was opened. */
  readonly since?: string | undefined;
  /** Gives an answer that only the run's folder has to the shared one too: its process died before it could. */
  readonly share?: boolean | undefined;
};

/** `in_flight`: somebody else was computing it, here or in another process. */
export type Cached<V> = {
  readonly value: V;
  readonly key: Digest;
  readonly from: 'computed' | 'run' | 'shared' | 'in_flight';
};

export type Explanation = Nearest & { readonly hit: boolean };

/** `stats`, `prune`, `verify` and `remove` are about the shared folder; about the cache's own when there is none. */
export interface Cache<V> extends Upkeep {
  /**
   * The stored answer to a question, or a computed one, which is stored. However many ask at once, in this process and
   * (with a shared folder) in others, one computes. When it throws, its caller gets the error, nothing is stored, and
   * the next one computes. Rejects with the signal's reason, `usage` for a preimage JSON cannot carry, `io`.
   */
  getOrCompute(
    preimage: Preimage,
    compute: (signal: AbortSignal) => Promise<V>,
    options?: GetOptions<V>,
  ): Promise<Cached<V>>;
  /**
   * Whether an answer is stored, and what differs from the nearest entry of the same step. To explain a miss of the
   * past, `except` leaves out the entry that was stored then, and `before` (a `ts` as in records) all later ones.
   */
  explain(preimage: Preimage, filter?: EntryFilter): Explanation;
  get(key: Digest): CacheEntry | undefined;
  /** The whole entries of this run, or of the shared folder. */
  list(level?: 'run' | 'shared'): IterableIterator<CacheEntry>;
}
