import { inspect } from 'node:util';
import { OrchError } from '@orch/contracts';
import type { Json } from '@orch/contracts';
import { quoted } from './quoted.ts';

declare const typed: unique symbol;

/** Stands for a value of type `T` that there will be when the job runs. */
export interface Reference<out T> {
  readonly [typed]: T;
}

/** A reference whose parts can be referred to: `a.output.title`, `a.output.tags[0]`. */
export type Ref<T> = Reference<T> & Parts<T>;

type Parts<T> = [Json] extends [T]
  ? AnyParts
  : NonNullable<T> extends readonly (infer E)[]
    ? ListParts<E>
    : NonNullable<T> extends object
      ? { readonly [K in keyof NonNullable<T>]-?: Ref<Exclude<NonNullable<T>[K], undefined>> }
      : unknown;

interface AnyParts {
  readonly [part: string]: Ref<Json>;
}

/** What templates know of a list. */
type ListParts<E> = {
  readonly [index: number]: Ref<E>;
  readonly first: Ref<E>;
  readonly last: Ref<E>;
  readonly size: Ref<number>;
};

/** Where a reference leads, and where it is good. */
export type Target = {
  /** The job it was made in. */
  readonly owner: object;
  /** The step whose item, or whose own result, it is. */
  readonly step?: string;
  readonly path: readonly string[];
};

const targets = new WeakMap<object, Target>();

export function createRef<T>(target: Target): Ref<T> {
  const shown = { [inspect.custom]: () => `Ref(${printPath(target.path)})` };
  const ref = new Proxy(shown, {
    get: (_, key) => propertyOf(target, key),
    ownKeys: () => {
      throw notAValue(target, 'cannot be spread or listed');
    },
  });
  targets.set(ref, target);
  return ref as unknown as Ref<T>;
}

/** Undefined for what is no reference. */
export function targetOf(value: unknown): Target | undefined {
  return typeof value === 'object' && value !== null ? targets.get(value) : undefined;
}

/** As it is written in a template: `steps.a.output.tags[0]`. */
export function printPath([root = '', ...parts]: readonly string[]): string {
  return root + parts.map(printPart).join('');
}

function printPart(part: string): string {
  if (/^[A-Za-z_][\w-]*$/.test(part)) return `.${part}`;
  return /^(0|[1-9]\d*)$/.test(part) ? `[${part}]` : `[${quoted(part)}]`;
}

function propertyOf(target: Target, key: string | symbol): unknown {
  const text = (): string => `{{ ${printPath(target.path)} }}`;
  if (key === Symbol.toPrimitive) return (hint: string) => primitive(target, hint, text);
  if (typeof key === 'symbol') return undefined;
  if (key === 'toString' || key === 'toJSON') return text;
  return createRef({ ...target, path: [...target.path, key] });
}

function primitive(target: Target, hint: string, text: () => string): string {
  if (hint === 'string') return text();
  throw notAValue(target, 'cannot be computed with or compared');
}

function notAValue({ path }: Target, what: string): OrchError {
  const name = printPath(path);
  return new OrchError('spec', `${name} is not known before the job runs: it ${what} here.`, {
    hint: `Write it into a text with j.t\`…\${…}\`, or into a condition with j.expr\`…\`.`,
  });
}
