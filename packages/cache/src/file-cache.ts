import { join } from 'node:path';
import type { CacheEntry, Clock, Digest, Preimage } from '@orch/contracts';
import type { Cache, Cached, Codec, Explanation, GetOptions, StoredAnswer } from './cache.ts';
import { cacheKey, responseDigest } from './cache-key.ts';
import type { EntryFolders, Level } from './entry-folders.ts';
import { EntryIndex } from './entry-index.ts';
import { withFlightLock } from './flight-lock.ts';

export type FileCacheSetup<V> = {
  readonly folders: EntryFolders;
  readonly shared: string | undefined;
  readonly codec: Codec<V>;
  readonly clock: Pick<Clock, 'now'>;
  readonly orchVersion: string;
};

/** One question on its way: what is asked, how to answer it, and which stored answers will do. */
type Query<V> = GetOptions<V> & {
  readonly key: Digest;
  readonly preimage: Preimage;
  readonly compute: (signal: AbortSignal) => Promise<V>;
};

/** `cachedAt` is absent when the answer was not kept. */
type Answer<V> = Pick<Cached<V>, 'value' | 'from'> & { readonly cachedAt?: string };

export class FileCache<V> implements Cache<V> {
  readonly #setup: FileCacheSetup<V>;
  readonly #index: EntryIndex;
  readonly #opened: string;
  readonly #flights = new Map<Digest, Promise<Answer<V> | undefined>>();

  constructor(setup: FileCacheSetup<V>) {
    this.#setup = setup;
    this.#index = new EntryIndex(setup.folders, setup.shared !== undefined);
    this.#opened = this.#now();
  }

  async getOrCompute(
    preimage: Preimage,
    compute: (signal: AbortSignal) => Promise<V>,
    options: GetOptions<V> = {},
  ): Promise<Cached<V>> {
    const { signal } = options;
    const key = cacheKey(preimage);
    for (;;) {
      signal?.throwIfAborted();
      const flight = this.#flights.get(key);
      if (!flight) return this.#lead({ ...options, key, preimage, compute });
      const landed = await unlessAborted(flight, signal);
      if (landed?.cachedAt !== undefined && this.#isFresh(landed.cachedAt, options)) {
        return { value: landed.value, key, from: 'in_flight' };
      }
    }
  }

  explain(preimage: Preimage): Explanation {
    const key = cacheKey(preimage);
    const question = { key, preimage };
    const { folders } = this.#setup;
    const hit = (folders.read('run', question) ?? folders.read('shared', question)) !== undefined;
    return hit ? { hit, nearest: key, changed: [] } : { hit, ...this.#index.nearestTo(preimage) };
  }

  get(key: Digest): CacheEntry | undefined {
    return this.#setup.folders.find(key);
  }

  list(level: Level = 'run'): IterableIterator<CacheEntry> {
    return this.#setup.folders.all(level);
  }

  async #lead(query: Query<V>): Promise<Cached<V>> {
    const { key } = query;
    const { value, from } = this.#find(query) ?? (await this.#fly(query));
    return { value, key, from };
  }

  /** Those who ask meanwhile wait for this flight; when it brings nothing, one of them takes off. */
  async #fly(query: Query<V>): Promise<Answer<V>> {
    const flight = Promise.withResolvers<Answer<V> | undefined>();
    this.#flights.set(query.key, flight.promise);
    try {
      const answer = await this.#acrossProcesses(query);
      flight.resolve(answer);
      return answer;
    } finally {
      flight.resolve(undefined);
      this.#flights.delete(query.key);
    }
  }

  #acrossProcesses(query: Query<V>): Promise<Answer<V>> {
    const folder = this.#sharedFor(query);
    if (folder === undefined) return this.#compute(query);
    const lock = join(folder, 'flights', `${query.key}.lock`);
    return withFlightLock(lock, query.signal, async () => {
      const found = this.#find(query);
      return found ? { ...found, from: 'in_flight' } : this.#compute(query);
    });
  }

  #find(query: Query<V>): Answer<V> | undefined {
    const { folders, codec } = this.#setup;
    const answer = (entry: CacheEntry, from: Level) => {
      return { value: codec.fromEntry(entry), from, cachedAt: entry.cached_at };
    };
    const own = folders.read('run', query);
    if (own && this.#isFresh(own.cached_at, query)) return answer(own, 'run');
    const shared = this.#sharedFor(query) === undefined ? undefined : folders.read('shared', query);
    if (!shared || !this.#isFresh(shared.cached_at, query)) return undefined;
    folders.pass('run', query);
    return answer(shared, 'shared');
  }

  async #compute(query: Query<V>): Promise<Answer<V>> {
    const { compute, keep, signal = new AbortController().signal } = query;
    const value = await compute(signal);
    const from = 'computed';
    return keep && !keep(value) ? { value, from } : { value, from, cachedAt: this.#store(value, query) };
  }

  #store(value: V, query: Query<V>): string {
    const { folders, codec, orchVersion } = this.#setup;
    const entry = toEntry(query, codec.toEntry(value), { cached_at: this.#now(), orch_version: orchVersion });
    folders.write(entry);
    if (this.#sharedFor(query) !== undefined) folders.pass('shared', query);
    this.#index.add(entry);
    return entry.cached_at;
  }

  #sharedFor({ mode = 'auto' }: GetOptions<V>): string | undefined {
    return mode === 'auto' || mode === 'refresh' ? this.#setup.shared : undefined;
  }

  #isFresh(cachedAt: string, { mode, since = this.#opened }: GetOptions<V>): boolean {
    return mode !== 'refresh' || cachedAt >= since;
  }

  #now(): string {
    return new Date(this.#setup.clock.now()).toISOString();
  }
}

type Stamp = Pick<CacheEntry, 'cached_at' | 'orch_version'>;

function toEntry(
  { key, preimage }: Pick<CacheEntry, 'key' | 'preimage'>,
  answer: StoredAnswer,
  stamp: Stamp,
): CacheEntry {
  return { key, preimage, ...answer, ...stamp, sha256: responseDigest(answer.response) };
}

/** The promise, or the signal's reason as soon as it aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
