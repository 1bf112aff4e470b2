import type { Json } from '@orch/contracts';
import type { Reference, Ref } from './reference.ts';
import type { ItemResult, StepOfItems } from './step-handle.ts';
import type { Expression, Template } from './written.ts';

declare const typed: unique symbol;

/** A file as an item. `text`: of at most 256 kB. */
export type FileItem = {
  readonly path: string;
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
};

type List = readonly unknown[] | Reference<unknown> | Expression | string;
type Text = string | Template | Expression | Reference<unknown>;
type Limits = { readonly maxItems?: number | undefined; readonly maxParallel?: number | undefined };
type Named = Limits & { readonly key?: Text | undefined };

/** Where the items of a fan-out come from: a list, files, or the items of another step one by one. */
type EachSource =
  | List
  | ({ readonly list: List } & Named)
  | ({ readonly files: Text } & Named)
  | ({ readonly from: StepOfItems } & Limits);

/** Items with what is to be known of them, made by `j.each`. */
export class Each<out I = unknown> {
  declare readonly [typed]: I;
  readonly source: object;

  constructor(source: object) {
    this.source = source;
  }
}

/** `key`: names an item, instead of its path or a digest of it. */
export type EachOptions<I> = Limits & { readonly key?: Text | ((item: Ref<I>) => Text) | undefined };

export type EachInput = Each | EachSource;

/** What an item is. */
export type ItemOf<E> =
  E extends Each<infer I>
    ? I
    : E extends Reference<infer L>
      ? ElementOf<L>
      : E extends readonly (infer I)[]
        ? Known<I>
        : E extends { readonly files: unknown }
          ? FileItem
          : E extends { readonly from: StepOfItems<infer O, infer I> }
            ? ItemResult<O, I>
            : E extends { readonly list: infer L }
              ? ItemOf<L>
              : Json;

type ElementOf<L> = NonNullable<L> extends readonly (infer I)[] ? I : Json;

/** A written value when its references are known. */
type Known<V> =
  V extends Reference<infer T>
    ? T
    : V extends Template
      ? string
      : V extends Expression
        ? Json
        : V extends object
          ? { readonly [K in keyof V]: Known<V[K]> }
          : V;
