import type { Digest, Json, JsonObject } from './json.ts';

/** A provider and model as a plan states them, resolved once. */
export type ProviderChoice = {
  readonly name: string;
  readonly model?: string;
  readonly base_url?: string;
  readonly options?: JsonObject;
};

export type CacheMode = 'auto' | 'on' | 'off' | 'refresh';

/** What becomes of an attempt that was open when its process died. */
export type OnLost = 'rerun' | 'ask' | 'fail';

/** Further tries after the first. */
export type RetryPolicy = {
  readonly tries: number;
  readonly backoff: 'exponential' | 'fixed';
  readonly base_s: number;
  readonly max_s: number;
  readonly jitter: boolean;
};

/** Where the items of a fan-out come from. */
export type EachSource =
  /** Written out, or a template that renders to a list. */
  | { readonly list: Json }
  | { readonly files: string }
  /** Item-wise: item k needs only item k of that step. */
  | { readonly from: string };

export type Each = EachSource & {
  /** A template for the item's name. */
  readonly key?: string;
  readonly max_items: number;
  readonly max_parallel?: number;
};

/** A step after compilation: every default filled in, templates still templates. */
export type PlanStep = {
  readonly id: string;
  readonly kind: string;
  readonly needs: readonly string[];
  readonly each?: Each;
  /** The fields of its kind. Files named by them were read; their text stands here. */
  readonly fields: JsonObject;
  readonly retry: RetryPolicy;
  readonly timeout_s?: number;
  readonly cache: CacheMode;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly on_lost: OnLost;
};

/** A job as the engine runs it: compiled, normalised, hashed. Also `inputs/plan.json`. */
export type Plan = {
  readonly version: 1;
  readonly project: string;
  readonly task?: string;
  /** Absent when no step asks a model. */
  readonly provider?: ProviderChoice;
  readonly concurrency: number;
  readonly timeout_s?: number;
  /** `strict` unless given. */
  readonly durability?: 'strict' | 'relaxed';
  readonly vars: JsonObject;
  readonly steps: readonly PlanStep[];
};

/** A file that compilation read: kept with the run, so that it can be compiled again elsewhere. */
export type PlanInput = { readonly path: string; readonly sha256: Digest; readonly content: string };

export type CompiledJob = {
  readonly plan: Plan;
  /** sha-256 of the plan's canonical JSON. */
  readonly planHash: Digest;
  /** That JSON, where whoever compiled the job has it at hand. */
  readonly planJson?: string;
  readonly spec: PlanInput;
  readonly inputs: readonly PlanInput[];
  /** Absolute folder of the job file; paths in the job are relative to it. */
  readonly jobDir: string;
};
