import type { JsonObject } from '@orch/contracts';
import type { ProviderInput, ToolServerInput } from './provider-input.ts';
import type { Budget } from './step-options.ts';

/** Fields as the job language has them; names in camelCase mean the same in snake_case. */
type Fields = { readonly [field: string]: unknown };

/** What is said of a job as a whole. */
export type JobSettings<V extends JsonObject = JsonObject> = {
  /** The name of the job's folder unless given. */
  readonly project?: string | undefined;
  readonly task?: string | undefined;
  readonly provider?: ProviderInput | undefined;
  readonly providers?: { readonly [name: string]: ProviderInput } | undefined;
  /** Servers of tools, by the names that `tools` of steps use. */
  readonly mcp?: { readonly [name: string]: ToolServerInput } | undefined;
  readonly pipeline?: string | { readonly use: string; readonly with?: JsonObject | undefined } | undefined;
  readonly concurrency?: number | undefined;
  /** Seconds. */
  readonly timeoutS?: number | undefined;
  readonly outputDir?: string | undefined;
  readonly durability?: 'strict' | 'relaxed' | undefined;
  /** Values for `j.vars`; those of `--var` win. */
  readonly vars?: V | undefined;
  /** Names of variables of the environment. */
  readonly secrets?: readonly string[] | undefined;
  readonly budget?: Budget | undefined;
  /** Fields of a step, for all steps. */
  readonly defaults?: Fields | undefined;
  readonly gates?: { readonly [name: string]: Fields } | undefined;
  readonly workstreams?: { readonly [name: string]: Fields } | undefined;
  readonly routing?: Fields | undefined;
  readonly policy?: Fields | undefined;
  /** Modules and packages with step kinds. */
  readonly kinds?: readonly string[] | undefined;
};
