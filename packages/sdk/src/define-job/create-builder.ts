import { OrchError } from '@orch/contracts';
import type { JsonObject } from '@orch/contracts';
import type { Builder } from './builder.ts';
import { Each } from './each.ts';
import { createRef, targetOf } from './reference.ts';
import { createHandle } from './step-handle.ts';
import { commonFields } from './step-options.ts';
import { toLanguage } from './to-language.ts';
import type { Place } from './to-language.ts';
import { Expression, expression, template } from './written.ts';
import type { Operand, Printable } from './written.ts';

/** The steps made so far, by id, in the job language. */
export type Steps = Map<string, JsonObject & { readonly kind: string }>;

type Options = { readonly kind?: string; readonly [field: string]: unknown };

/** A builder that adds what it makes to `steps`, as long as `isOpen`. */
export function createBuilder<V extends JsonObject>(owner: object, steps: Steps, isOpen: () => boolean): Builder<V> {
  const add = (id: string, kind: string, options: Options): object => {
    if (!isOpen()) throw late(id);
    const first = steps.get(id);
    if (first !== undefined) throw duplicate(id, first.kind, kind);
    const place = { owner, path: `steps.${id}`, step: { id, fansOut: options['each'] !== undefined } };
    steps.set(id, { kind, ...stepFields(kind, options, place) });
    return createHandle(owner, id);
  };
  const ref = (...path: string[]) => createRef<never>({ owner, path });
  const maker = (kind: string) => (id: string, options: Options) => add(id, kind, options);
  const builder = {
    ...Object.fromEntries(kinds.map((kind) => [kind, maker(kind)])),
    job: Object.assign(maker('job'), { dir: ref('job', 'dir') }),
    step: (id: string, { kind = '', ...options }: Options) => add(id, kind, options),
    t: (strings: TemplateStringsArray, ...values: Printable[]) => template(strings, values),
    expr: (strings: TemplateStringsArray, ...values: Operand[]) => expression(strings, values),
    each: eachOf,
    as: (reference: unknown) => reference,
    task: ref('task'),
    vars: ref('vars'),
    item: ref('item'),
    run: ref('run'),
    now: ref('now'),
  };
  return builder as unknown as Builder<V>;
}

const kinds: readonly string[] = ['llm', 'shell', 'files', 'patch', 'gate', 'approve', 'job', 'module'];

/** Fields of a kind that others made stay as they are, but for those that every step has. */
function stepFields(kind: string, options: Options, place: Place): JsonObject {
  if (kinds.includes(kind)) return toLanguage(options, place);
  const [common, own] = [true, false].map((wanted) =>
    Object.fromEntries(Object.entries(options).filter(([name]) => commonFields.has(name) === wanted)),
  ) as [Options, Options];
  return { ...toLanguage(own, place, 'data'), ...toLanguage(common, place) };
}

function eachOf(source: unknown, options: object = {}): Each {
  const isList = Array.isArray(source) || typeof source !== 'object' || targetOf(source) !== undefined;
  const asMap = isList || source instanceof Expression ? { list: source } : source;
  return new Each({ ...asMap, ...options });
}

function duplicate(id: string, first: string, second: string): OrchError {
  const message = `steps.${id}: a second step with this id: the first is of kind ${first}, the second of kind ${second}.`;
  return new OrchError('spec', message, { hint: 'Every step of a job has a name of its own.' });
}

function late(id: string): OrchError {
  return new OrchError('spec', `steps.${id}: the job is defined already; steps are made while defineJob runs.`);
}
