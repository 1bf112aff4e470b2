import type { Digest, Json, JsonObject } from './json.ts';

/** A provider and model as a plan states them, resolved once. */
export type ProviderChoice = {
  readonly name: string;
  readonly model?: string;
  readonly base_url?: string;
  readonly options?: JsonObject;
  /** Which of the vendor's interfaces is spoken (`chat`, `responses`), and in which version. */
  readonly api?: string;
  readonly api_version?: string;
  /** Sent with every request; a secret is named, and stands in the environment. */
  readonly headers?: { readonly [name: string]: string | { readonly secret: string } };
  /** No part of what is asked: they say when and how often, not what. */
  readonly limits?: ProviderLimits;
  readonly resilience?: ProviderResilience;
};

export type ProviderLimits = {
  readonly requests_per_minute?: number;
  readonly tokens_per_minute?: number;
  readonly max_parallel?: number;
};

/** Seconds. What is left out is the environment's to say, else has the default of `providers-core`. */
export type StepResilience = {
  readonly first_byte_s?: number;
  readonly between_chunks_s?: number;
  readonly total_s?: number;
  readonly retries?: number;
};

export type ProviderResilience = StepResilience & {
  readonly connect_s?: number;
  readonly breaker?: { readonly threshold?: number; readonly cooldown_s?: number };
};

/** A server of tools (Model Context Protocol): a command that is started, or an address. */
export type ToolServer =
  | {
      readonly command: string;
      readonly args?: readonly string[];
      readonly env?: { readonly [name: string]: string | { readonly secret: string } };
      /** Relative to the folder of the job. */
      readonly cwd?: string;
    }
  | { readonly url: string; readonly headers?: { readonly [name: string]: string | { readonly secret: string } } };

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

/** How a need may have ended for the step that names it to start all the same. */
export type Accepted = 'succeeded' | 'failed' | 'skipped';

/** What the failure of a step means for the others; `abort` where a plan says nothing. */
export type OnFailure = 'abort' | 'skip_dependents' | 'continue';

/** A condition that must hold when a step has ended; `message` is a template. */
export type Assertion = { readonly that: string; readonly message?: string };

/** A step after compilation: every default filled in, templates still templates. */
export type PlanStep = {
  readonly id: string;
  readonly kind: string;
  readonly needs: readonly string[];
  /** Of `needs`, those that need not have succeeded, and how they may have ended. */
  readonly accept?: { readonly [need: string]: readonly Accepted[] };
  /** A condition over the scope of the step; when it does not hold the step is skipped. */
  readonly when?: string;
  readonly each?: Each;
  /** The fields of its kind. Files named by them were read; their text stands here. */
  readonly fields: JsonObject;
  readonly retry: RetryPolicy;
  readonly timeout_s?: number;
  readonly cache: CacheMode;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly on_lost: OnLost;
  /** Whom it asks, a key of the plan's `providers`; the plan's `provider` unless given. */
  readonly provider?: string;
  /** Conditions over the scope of the step and its own `output`, in the order they are asked. */
  readonly assert?: readonly Assertion[];
  /** Done anew, each time asking for another answer, until this holds: at most `max` times, else it fails. */
  readonly repeat_until?: { readonly that: string; readonly max: number };
  readonly on_failure?: OnFailure;
  /** With `on_failure: continue`, how many items must succeed for the fan-out to; 1 unless given. */
  readonly min_success?: number;
  /** Its fields are text as it stands. */
  readonly template?: false;
  /** With `cache: on`: the commit of the folder's repository stands for the code, instead of what the step reads. */
  readonly code_version?: 'commit';
};

/** A job as the engine runs it: compiled, normalised, hashed. Also `inputs/plan.json`. */
export type Plan = {
  readonly version: 1;
  readonly project: string;
  readonly task?: string;
  /** Absent when no step asks a model. */
  readonly provider?: ProviderChoice;
  /** Those that steps name, by the name that they go by in the job. */
  readonly providers?: { readonly [name: string]: ProviderChoice };
  readonly concurrency: number;
  readonly timeout_s?: number;
  /** `strict` unless given. */
  readonly durability?: 'strict' | 'relaxed';
  readonly vars: JsonObject;
  /** Names of environment variables whose values are hidden everywhere. */
  readonly secrets?: readonly string[];
  /** Where `outputs/<project>` is copied to when the job succeeds; relative to the folder of the job. */
  readonly output_dir?: string;
  /** Modules and packages that export step kinds, with the digest of their code. */
  readonly kinds?: readonly { readonly from: string; readonly code_sha256: Digest }[];
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
  /** What was said beside the job file: names of variables, whose values the plan has, and who answers. */
  readonly given?: { readonly vars?: readonly string[]; readonly provider?: string };
};
