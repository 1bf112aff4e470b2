import type { CacheMode, Each, Json, JsonObject, OnLost, ProviderChoice, RetryPolicy } from '@orch/contracts';
import type { Entry } from '../source/written.ts';
import type { KindName } from './kinds.ts';

/** A job after its fields were checked one by one, before it is known whether they fit together. */
export type Draft = {
  readonly project?: string;
  readonly task?: string;
  /** `auto` when nothing is said. */
  readonly provider: ProviderChoice;
  /** Where that stands. */
  readonly providerOffset?: number;
  readonly concurrency?: number;
  readonly timeout_s?: number;
  readonly durability?: 'strict' | 'relaxed';
  readonly vars: JsonObject;
  readonly steps: readonly DraftStep[];
};

export type DraftStep = {
  readonly id: string;
  /** `steps.build`, for messages. */
  readonly path: string;
  /** Where its id stands. */
  readonly offset: number;
  /** Undefined when it could not be told; a problem says so. */
  readonly kind: KindName | undefined;
  readonly needs: readonly string[];
  readonly each?: Each;
  /** The fields of its kind, as written; files are not read yet. */
  readonly fields: { readonly [field: string]: Json };
  readonly retry?: RetryPolicy;
  readonly timeout_s?: number;
  readonly cache: CacheMode;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly on_lost: OnLost;
  /** What was written, by key. */
  readonly written: ReadonlyMap<string, Entry>;
};
