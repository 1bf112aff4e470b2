import type { Json } from '@orch/contracts';
import type { EachInput } from './each.ts';
import type { ProviderInput, Waits } from './provider-input.ts';
import type { SchemaInput, SchemaValue } from './schema.ts';
import type { Step } from './step-handle.ts';
import type { PerItem, Text } from './step-options.ts';

export type ModelOptions = {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly numCtx?: number | undefined;
};

type Texts<E> = { readonly [name: string]: PerItem<Text, E> };

export type LlmMode = 'text' | 'json' | 'files' | 'patch';

/** One of `prompt`, `messages`, `promptFile`. A schema implies `output: 'json'`. */
export type LlmOptions<S extends SchemaInput, M extends LlmMode, E extends EachInput> = {
  readonly prompt?: PerItem<Text, E> | undefined;
  readonly messages?:
    readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: PerItem<Text, E> }[] | undefined;
  readonly promptFile?: string | undefined;
  readonly system?: PerItem<Text, E> | undefined;
  readonly model?: PerItem<Text, E> | undefined;
  readonly provider?: ProviderInput | undefined;
  readonly options?: ModelOptions | undefined;
  readonly schema?: S | undefined;
  readonly output?: M | undefined;
  readonly attachments?: PerItem<readonly Text[], E> | undefined;
  /** `server.tool` of the servers under `mcp`, with `*` for any part of the name of a tool. */
  readonly tools?: readonly `${string}.${string}`[] | undefined;
  readonly toolRounds?: number | undefined;
  readonly resilience?: Waits | undefined;
  readonly allowTruncated?: boolean | undefined;
  readonly repair?: { readonly rounds: number } | undefined;
  readonly candidates?: number | undefined;
};

/** A file that a run wrote, its path relative to the folder of the run. */
export type WrittenFile = { readonly path: string; readonly sha256: string; readonly size_bytes: number };

export type LlmOutput<S, M> = [S] extends [never]
  ? { readonly text: string; readonly json: Json; readonly files: readonly WrittenFile[]; readonly patch: Json }[M &
      LlmMode]
  : SchemaValue<S>;

type CommandOptions<E extends EachInput> = {
  /** A line for /bin/sh: each reference in it becomes a variable of the environment, quoted. */
  readonly run?: PerItem<Text, E> | undefined;
  /** Started without a shell, with `args` as they are. */
  readonly command?: PerItem<Text, E> | undefined;
  readonly args?: PerItem<readonly PerItem<Text, E>[], E> | undefined;
  readonly env?: { readonly [name: string]: PerItem<Text, E> | { readonly secret: string } } | undefined;
  readonly cwd?: PerItem<Text, E> | undefined;
};

export type ShellMode = 'text' | 'json' | 'lines';

export type ShellOptions<M extends ShellMode, E extends EachInput> = CommandOptions<E> & {
  readonly stdin?: PerItem<Text, E> | undefined;
  readonly output?: M | undefined;
};

export type ShellOutput<M> = { readonly text: string; readonly json: Json; readonly lines: readonly string[] }[M &
  ShellMode];

export type FilesOptions<E extends EachInput> = {
  /** Paths and what to write there. Paths with references in them are keys of a `Map`. */
  readonly write?: PerItem<Texts<E> | ReadonlyMap<Text, Text>, E> | undefined;
  readonly publish?: PerItem<Text | readonly Text[] | Texts<E> | ReadonlyMap<Text, Text>, E> | undefined;
};

export type PatchOptions<E extends EachInput> = {
  /** The step whose output is the patch. */
  readonly from: Step | string | PerItem<Text, E>;
  readonly policy?: { readonly [field: string]: Json } | undefined;
  /** Names of gates of the job. */
  readonly verify?: readonly string[] | undefined;
  readonly onFail?: 'drop' | 'quarantine' | 'fail' | undefined;
  readonly repair?: { readonly rounds: number } | undefined;
  readonly worktree?: { readonly link: readonly string[] } | undefined;
};

export type GateOptions<E extends EachInput> = CommandOptions<E> & {
  readonly type?: string | undefined;
  readonly criteria?:
    | {
        readonly minTests?: number | undefined;
        readonly maxFailures?: number | undefined;
        readonly minCoverage?: number | undefined;
        readonly [criterion: string]: Json | undefined;
      }
    | undefined;
  readonly required?: boolean | undefined;
};

export type GateOutput = {
  readonly decision: string;
  readonly results: {
    readonly exit_code: number | null;
    readonly tests: number;
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
    readonly failures: readonly { readonly name: string; readonly message: string }[];
  };
};

export type ApproveOptions<A extends string, E extends EachInput> = {
  readonly question: PerItem<Text, E>;
  /** The answers there are; any unless given. */
  readonly options?: readonly A[] | undefined;
  /** Seconds after which no answer counts. */
  readonly expiresS?: number | undefined;
};

export type ApproveOutput<A> = { readonly answer: A; readonly by: string; readonly at: string };

export type JobOptions<E extends EachInput> = {
  /** The job file. */
  readonly spec: string;
  readonly vars?: { readonly [name: string]: PerItem<Text | Json, E> } | undefined;
};

export type ModuleOptions = {
  /** The file whose exported function is called. */
  readonly uses: string;
};

/** Fields of a kind that others made are as that kind has them. */
export type OtherOptions = { readonly kind: string; readonly [field: string]: unknown };
