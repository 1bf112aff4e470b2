import type { Accepted, CacheMode, OnFailure, OnLost } from '@orch/contracts';
import type { EachInput, ItemOf } from './each.ts';
import type { Ref, Reference } from './reference.ts';
import type { FileResult, Step } from './step-handle.ts';
import type { Expression, Template } from './written.ts';

/** A plain string is a template, as in YAML; `j.t` makes one in which everything but its references is literal. */
export type Text = string | Template | Expression | Reference<unknown>;

/** A plain string is an expression of the template language, as in YAML. */
export type Condition = string | Expression | Reference<unknown>;

/** Also as a function of the item, for a step with `each`; it is called once, with a reference. */
export type PerItem<T, E> = T | ((item: Ref<ItemOf<E>>) => T);

type Need = Step | string | { readonly step: Step | string; readonly accept: readonly Accepted[] };

/** What a step came to, as its own conditions see it. */
type Own<O, E> = {
  readonly output: Ref<O>;
  readonly files: Ref<readonly FileResult[]>;
  readonly exitCode: Ref<number>;
  readonly stderr: Ref<string>;
  readonly item: Ref<ItemOf<E>>;
  /** Of `repeatUntil`, from 1. */
  readonly round: Ref<number>;
};

type OfOwn<T, O, E> = T | ((own: Own<O, E>) => T);

type Assertion<O, E> = {
  readonly that: OfOwn<Condition, O, E>;
  readonly message?: OfOwn<Text, O, E> | undefined;
};

type Retry = {
  readonly tries: number;
  readonly backoff?: 'exponential' | 'fixed' | undefined;
  /** Seconds. */
  readonly baseS?: number | undefined;
  readonly maxS?: number | undefined;
  readonly jitter?: boolean | undefined;
};

export type Budget = {
  readonly usd?: number | undefined;
  readonly tokens?: number | undefined;
  readonly warnAt?: number | undefined;
  readonly onExceed?: 'halt' | 'warn' | undefined;
};

/** The fields that every step has. `E`: its items, `F` and `W`: how it fails, and when it is skipped. */
export type CommonOptions<O, E extends EachInput, F extends OnFailure, W> = {
  /** Beside the steps that its references name. */
  readonly needs?: readonly Need[] | undefined;
  readonly each?: E | undefined;
  readonly when?: W | undefined;
  readonly assert?: Assertion<O, E> | readonly Assertion<O, E>[] | undefined;
  readonly repeatUntil?: { readonly that: OfOwn<Condition, O, E>; readonly max?: number | undefined } | undefined;
  readonly onFailure?: F | undefined;
  readonly minSuccess?: number | undefined;
  readonly retry?: number | Retry | undefined;
  /** Seconds, of one attempt. */
  readonly timeoutS?: number | undefined;
  readonly cache?: CacheMode | undefined;
  readonly codeVersion?: 'commit' | undefined;
  readonly reads?: readonly string[] | undefined;
  readonly writes?: PerItem<readonly Text[], E> | undefined;
  readonly onLost?: OnLost | undefined;
  readonly template?: false | undefined;
  readonly budget?: Budget | undefined;
  readonly priority?: number | undefined;
  readonly conflictGroup?: string | undefined;
  readonly parallelOk?: boolean | undefined;
  readonly workstream?: string | undefined;
  readonly phase?: string | undefined;
  readonly risk?: string | undefined;
  readonly complexity?: string | undefined;
  readonly taskKind?: string | undefined;
};

const names: { readonly [N in keyof CommonOptions<unknown, never, never, never>]-?: true } = {
  ...{ needs: true, each: true, when: true, assert: true, repeatUntil: true, onFailure: true, minSuccess: true },
  ...{ retry: true, timeoutS: true, cache: true, codeVersion: true, reads: true, writes: true, onLost: true },
  ...{ template: true, budget: true, priority: true, conflictGroup: true, parallelOk: true, workstream: true },
  ...{ phase: true, risk: true, complexity: true, taskKind: true },
};

export const commonFields: ReadonlySet<string> = new Set(Object.keys(names));
