import type {
  Assertion,
  CacheMode,
  Each,
  Json,
  JsonObject,
  OnFailure,
  OnLost,
  ProviderChoice,
  RetryPolicy,
  ToolServer,
} from '@orch/contracts';
import type { Source } from '../source/source.ts';
import type { Entry } from '../source/written.ts';
import type { Need } from './need.ts';
import type { NamedProvider } from './step-provider.ts';

/** A job after its fields were checked one by one, before it is known whether they fit together. */
export type Draft = {
  readonly project?: string;
  readonly task?: string;
  readonly provider?: ProviderChoice;
  readonly providers: Readonly<Record<string, ProviderChoice>>;
  /** Servers of tools. */
  readonly mcp: Readonly<Record<string, ToolServer>>;
  /** Absent when there are steps. */
  readonly pipeline?: PipelineUse;
  readonly concurrency?: number;
  readonly timeout_s?: number;
  readonly output_dir?: string;
  readonly durability?: 'strict' | 'relaxed';
  readonly vars: JsonObject;
  readonly secrets: readonly string[];
  /** Files and packages with step kinds. */
  readonly kinds: readonly string[];
  readonly steps: readonly DraftStep[];
  /** Defaults for steps, as written: for those of a pipeline. */
  readonly defaults: readonly Entry[];
  /** What was written at the top, by key. */
  readonly written: ReadonlyMap<string, Entry>;
  readonly source: Source;
};

export type PipelineUse = { readonly use: string; readonly with: JsonObject };

export type DraftStep = {
  readonly id: string;
  /** `steps.build`, for messages. */
  readonly path: string;
  /** Where its id stands. */
  readonly offset: number;
  readonly source: Source;
  /** Undefined when it could not be told; a problem says so. */
  readonly kind: string | undefined;
  readonly needs: readonly Need[];
  readonly when?: string;
  readonly each?: Each;
  readonly provider?: NamedProvider;
  /** The fields of its kind, as written; files are not read yet. */
  readonly fields: { readonly [field: string]: Json };
  readonly retry?: RetryPolicy;
  readonly timeout_s?: number;
  readonly cache: CacheMode;
  readonly code_version?: 'commit';
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly on_lost: OnLost;
  readonly on_failure: OnFailure;
  readonly min_success: number;
  readonly assert: readonly Assertion[];
  readonly repeat_until?: { readonly that: string; readonly max: number };
  readonly template?: false;
  /** What was written, by key, with the defaults of the job that it takes. */
  readonly written: ReadonlyMap<string, Entry>;
};
