import { join } from 'node:path';
import type { CacheEntry, Clock, Digest, Preimage } from '@orch/contracts';
import type { Cache, Cached, Codec, Explanation, GetOptions } from './cache.ts';
import { responseDigest, toQuestion } from './cache-key.ts';
import type { Question } from './cache-key.ts';
import type { EntryRest } from './entry-file.ts';
import type { EntryFolders, Level } from './entry-folders.ts';
import { EntryIndex } from './entry-index.ts';
import { withFlightLock } from './flight-lock.ts';
import { counts } from './nearest-entries.ts';
import type { EntryFilter } from './nearest-entries.ts';
import type { Upkeep } from './upkeep.ts';

export type FileCacheSetup<V> = {
  readonly folders: EntryFolders;
  /** Where processes that share answers lock what they are computing. */
  readonly flights: string | undefined;
  readonly codec: Codec<V>;
  readonly clock: Pick<Clock, 'now'>;
  readonly orchVersion: string;
};

/** One question on its way: what is asked, how to answer it, and which stored answers will do. */
type Query<V> = {
  readonly question: Question;
  readonly compute: (signal: AbortSignal) => Promise<V>;
  readonly options: GetOptions<V>;
};

/** `cachedAt` is absent when the answer was not kept. */
type Answer<V> = Pick<Cached<V>, 'value' | 'from'> & { readonly cachedAt?: string };

export class FileCache<V> implements Omit<Cache<V>, keyof Upkeep> {
  readonly #setup: FileCacheSetup<V>;
  readonly #index: EntryIndex;
  readonly #opened: string;
  /** Many answers may come in one millisecond, and to print it costs as much as to write a file's name. */
  #moment = { ms: NaN, timestamp: '' };
  readonly #flights = new Map<Digest, Promise<Answer<V> | undefined>>();

  constructor(setup: FileCacheSetup<V>) {
    this.#setup = setup;
    this.#index = new EntryIndex(setup.folders);
    this.#opened = this.#now();
  }

  async getOrCompute(
    preimage: Preimage,
    compute: (signal: AbortSignal) => Promise<V>,
    options: GetOptions<V> = {},
  ): Promise<Cached<V>> {
    const question = toQuestion(preimage);
    const { key } = question;
    for (;;) {
      options.signal?.throwIfAborted();
      const flight = this.#flights.get(key);
      if (!flight) {
        const query = { question, compute, options };
        const { value, from } = this.#find(query) ?? (await this.#fly(query));
        return { value, key, from };
      }
      const landed = await unlessAborted(flight, options.signal);
      if (landed?.cachedAt !== undefined && this.#isFresh(landed.cachedAt, options)) {
        return { value: landed.value, key, from: 'in_flight' };
      }
    }
  }

  explain(preimage: Preimage, filter: EntryFilter = {}): Explanation {
    const { folders } = this.#setup;
    const question = toQuestion(preimage);
    const entries = [folders.read('run', question), folders.read('shared', question)];
    const hit = entries.some((entry) => entry !== undefined && counts(entry, filter));
    return hit ? { hit, nearest: question.key, changed: [] } : { hit, ...this.#index.nearestTo(preimage, filter) };
  }

  get(key: Digest): CacheEntry | undefined {
    return this.#setup.folders.find(key);
  }

  list(level: Level = 'run'): IterableIterator<CacheEntry> {
    return this.#setup.folders.all(level);
  }

  /** Those who ask meanwhile wait for this flight; when it brings nothing, one of them takes off. */
  async #fly(query: Query<V>): Promise<Answer<V>> {
    const { key } = query.question;
    const flight = Promise.withResolvers<Answer<V> | undefined>();
    this.#flights.set(key, flight.promise);
    try {
      const answer = await this.#acrossProcesses(query);
      flight.resolve(answer);
      return answer;
    } finally {
      flight.resolve(undefined);
      this.#flights.delete(key);
    }
  }

  #acrossProcesses(query: Query<V>): Promise<Answer<V>> {
    const { question, options } = query;
    const { flights } = this.#setup;
    if (flights === undefined || !isShared(options)) return this.#compute(query);
    return withFlightLock(join(flights, `${question.key}.lock`), options.signal, async () => {
      const found = this.#find(query);
      if (found) return { ...found, from: 'in_flight' };
      this.#setup.folders.markBlobs(question);
      return this.#compute(query);
    });
  }

  #find({ question, options }: Query<V>): Answer<V> | undefined {
    const { folders, codec } = this.#setup;
    const answer = (entry: CacheEntry, from: Level) => {
      return { value: codec.fromEntry(entry), from, cachedAt: entry.cached_at };
    };
    const own = folders.read('run', question);
    const isOwn = own !== undefined && this.#isFresh(own.cached_at, options);
    if (isOwn && options.share !== true) return answer(own, 'run');
    const shared = isShared(options) ? folders.read('shared', question) : undefined;
    if (isOwn) {
      if (!shared && isShared(options)) folders.share(question, restOf(own));
      return answer(own, 'run');
    }
    if (!shared || !this.#isFresh(shared.cached_at, options)) return undefined;
    folders.take(question, shared);
    return answer(shared, 'shared');
  }

  async #compute({ question, compute, options }: Query<V>): Promise<Answer<V>> {
    const { keep, signal = new AbortController().signal } = options;
    const value = await compute(signal);
    if (keep && !keep(value)) return { value, from: 'computed' };
    const entry = this.#toEntry(value);
    const { folders } = this.#setup;
    folders.write(question, entry);
    if (isShared(options)) folders.share(question, entry);
    this.#index.add(question, entry.cached_at);
    return { value, from: 'computed', cachedAt: entry.cached_at };
  }

  #toEntry(value: V): EntryRest {
    const { codec, orchVersion } = this.#setup;
    const answer = codec.toEntry(value);
    return {
      ...answer,
      cached_at: this.#now(),
      orch_version: orchVersion,
      sha256: responseDigest(answer.response),
    };
  }

  #isFresh(cachedAt: string, { mode, since = this.#opened }: GetOptions<V>): boolean {
    return mode !== 'refresh' || cachedAt >= since;
  }

  #now(): string {
    const ms = this.#setup.clock.now();
    if (ms !== this.#moment.ms) this.#moment = { ms, timestamp: new Date(ms).toISOString() };
    return this.#moment.timestamp;
  }
}

function isShared({ mode = 'auto' }: GetOptions<never>): boolean {
  return mode === 'auto' || mode === 'refresh';
}

/** The promise, or the signal's reason as soon as it aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}

function restOf({ key: _key, preimage: _preimage, ...rest }: CacheEntry): EntryRest {
  return rest;
}
