import type { Json, JsonObject, OnFailure } from '@orch/contracts';
import type { Each, EachInput, EachOptions, ItemOf } from './each.ts';
import type {
  ApproveOptions,
  ApproveOutput,
  FilesOptions,
  GateOptions,
  GateOutput,
  JobOptions,
  LlmMode,
  LlmOptions,
  LlmOutput,
  ModuleOptions,
  OtherOptions,
  PatchOptions,
  ShellMode,
  ShellOptions,
  ShellOutput,
  WrittenFile,
} from './kind-options.ts';
import type { Ref, Reference } from './reference.ts';
import type { SchemaInput } from './schema.ts';
import type { FanOut, StepHandle } from './step-handle.ts';
import type { CommonOptions, Condition, PerItem } from './step-options.ts';
import type { Expression, Operand, Printable, Template } from './written.ts';

/** Null where the step itself may be skipped, or may fail and the job go on. */
type Gap<F, W> = [Condition] extends [W] ? ('continue' extends F ? null : never) : null;

/** The handle of a step whose output, or that of each of its items, is `O`. */
type Made<O, E, F, W> = [E] extends [never]
  ? StepHandle<O | Gap<F, W>>
  : FanOut<O, ItemOf<E>, readonly (O | Gap<F, W>)[] | Gap<F, W>>;

/** Makes the steps of one job. Each function returns at once: nothing runs, the values in it are references. */
export interface Builder<V extends JsonObject = JsonObject> {
  /** Asks a model. */
  llm<
    const S extends SchemaInput = never,
    const M extends LlmMode = 'text',
    const E extends EachInput = never,
    const F extends OnFailure = 'abort',
    W extends PerItem<Condition, E> = PerItem<Condition, E>,
  >(
    id: string,
    options: LlmOptions<S, M, E> & CommonOptions<LlmOutput<S, M>, E, F, W>,
  ): Made<LlmOutput<S, M>, E, F, W>;

  /** Runs a command. */
  shell<
    const M extends ShellMode = 'text',
    const E extends EachInput = never,
    const F extends OnFailure = 'abort',
    W extends PerItem<Condition, E> = PerItem<Condition, E>,
  >(
    id: string,
    options: ShellOptions<M, E> & CommonOptions<ShellOutput<M>, E, F, W>,
  ): Made<ShellOutput<M>, E, F, W>;

  /** Writes files. */
  files<
    const E extends EachInput = never,
    const F extends OnFailure = 'abort',
    W extends PerItem<Condition, E> = PerItem<Condition, E>,
  >(
    id: string,
    options: FilesOptions<E> & CommonOptions<readonly WrittenFile[], E, F, W>,
  ): Made<readonly WrittenFile[], E, F, W>;

  /** Keeps a patch that a step proposed. */
  patch<
    const E extends EachInput = never,
    const F extends OnFailure = 'abort',
    W extends PerItem<Condition, E> = PerItem<Condition, E>,
  >(
    id: string,
    options: PatchOptions<E> & CommonOptions<Json, E, F, W>,
  ): Made<Json, E, F, W>;

  /** Runs a check that must pass. */
  gate<
    const E extends EachInput = never,
    const F extends OnFailure = 'abort',
    W extends PerItem<Condition, E> = PerItem<Condition, E>,
  >(
    id: string,
    options: GateOptions<E> & CommonOptions<GateOutput, E, F, W>,
  ): Made<GateOutput, E, F, W>;

  /** Asks a person. */
  approve<
    const A extends string = string,
    const E extends EachInput = never,
    const F extends OnFailure = 'abort',
    W extends PerItem<Condition, E> = PerItem<Condition, E>,
  >(
    id: string,
    options: ApproveOptions<A, E> & CommonOptions<ApproveOutput<A>, E, F, W>,
  ): Made<ApproveOutput<A>, E, F, W>;

  readonly job: {
    /** Runs another job; its output has those of the other's steps, by id. */
    <
      const E extends EachInput = never,
      const F extends OnFailure = 'abort',
      W extends PerItem<Condition, E> = PerItem<Condition, E>,
    >(
      id: string,
      options: JobOptions<E> & CommonOptions<JsonObject, E, F, W>,
    ): Made<JsonObject, E, F, W>;
    /** The folder of the job. */
    readonly dir: Ref<string>;
  };

  /** Calls the function that a module exports. */
  module<
    const E extends EachInput = never,
    const F extends OnFailure = 'abort',
    W extends PerItem<Condition, E> = PerItem<Condition, E>,
  >(
    id: string,
    options: ModuleOptions & CommonOptions<Json, E, F, W>,
  ): Made<Json, E, F, W>;

  /** A step of any kind, also of one that is not orch's own: its fields are written as that kind has them. */
  step<
    const E extends EachInput = never,
    const F extends OnFailure = 'abort',
    W extends PerItem<Condition, E> = PerItem<Condition, E>,
  >(
    id: string,
    options: OtherOptions & CommonOptions<Json, E, F, W>,
  ): Made<Json, E, F, W>;

  /** A text: references print as templates, all else stays as it is, braces too. */
  t(strings: TemplateStringsArray, ...values: readonly Printable[]): Template;

  /** A condition or a value with filters: j.expr`${a.output.score} > 3`. */
  expr(strings: TemplateStringsArray, ...values: readonly Operand[]): Expression;

  /** Items with limits, and a name for each. */
  each<const E extends EachInput>(source: E, options?: EachOptions<ItemOf<E>>): Each<ItemOf<E>>;

  /** The same reference, to a value of which more is known here than the language tells. */
  as<T>(reference: Reference<unknown>): Ref<T>;

  readonly task: Ref<string>;
  readonly vars: { readonly [K in keyof V]: Ref<V[K]> };
  /** The item of a step with `each`, where nothing is known of it. */
  readonly item: Ref<Json>;
  readonly run: Ref<{ readonly id: string; readonly dir: string; readonly outputs: string }>;
  /** The moment the run began, ISO 8601. */
  readonly now: Ref<string>;
}
