import type { Json, StepState } from '@orch/contracts';
import { createRef } from './reference.ts';
import type { Ref } from './reference.ts';

/** A file that a step wrote, as templates see it: its path is relative to the folder of outputs. */
export type FileResult = {
  readonly path: string;
  readonly sha256: string;
  readonly size_bytes: number;
  readonly text: string;
};

type ErrorResult = { readonly code: string; readonly message: string };

/** What an item of a fan-out came to. */
export type ItemResult<O = Json, I = Json> = {
  readonly key: string;
  readonly item: I;
  readonly status: StepState;
  readonly output: O;
  readonly files: readonly FileResult[];
  readonly error?: ErrorResult;
  readonly exit_code?: number;
  readonly stderr?: string;
};

declare const made: unique symbol;
declare const eachMade: unique symbol;

/** A step of the job whose output will be `O`. */
export interface Step<out O = unknown> {
  readonly id: string;
  readonly [made]: O;
}

/** A step that is done for each of some items: `I` is an item, `O` the output of one. */
export interface StepOfItems<out O = unknown, out I = unknown> {
  readonly [eachMade]: { readonly output: O; readonly item: I };
}

/** What a step will have come to, as references. */
export interface StepHandle<O> extends Step<O> {
  readonly output: Ref<O>;
  /** Those it wrote. */
  readonly files: Ref<readonly FileResult[]>;
  /** Of a command. */
  readonly exitCode: Ref<number>;
  /** Of a command. */
  readonly stderr: Ref<string>;
  readonly status: Ref<StepState>;
  /** Of a step that failed, where another accepts that. */
  readonly error: Ref<ErrorResult>;
}

/** What a step that is done for each of some items will have come to. `A`: all outputs in the order of the items. */
export interface FanOut<O, I, A> extends StepHandle<A>, StepOfItems<O, I> {
  readonly items: Ref<readonly ItemResult<O, I>[]>;
}

const handles = new WeakMap<object, { readonly owner: object; readonly id: string }>();

/** All parts that a step may have; which of them it has, its type says. */
export function createHandle(owner: object, id: string): object {
  const part = (name: string) => createRef({ owner, path: ['steps', id, name] });
  const handle = {
    id,
    output: part('output'),
    items: part('items'),
    files: part('files'),
    exitCode: part('exit_code'),
    stderr: part('stderr'),
    status: part('status'),
    error: part('error'),
  };
  handles.set(handle, { owner, id });
  return Object.freeze(handle);
}

/** Undefined for what is no step. */
export function handleOf(value: unknown): { readonly owner: object; readonly id: string } | undefined {
  return typeof value === 'object' && value !== null ? handles.get(value) : undefined;
}
