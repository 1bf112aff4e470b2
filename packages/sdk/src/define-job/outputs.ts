import { OrchError } from '@orch/contracts';
import type { Json } from '@orch/contracts';
import { printPath, targetOf } from './reference.ts';
import type { Reference, Target } from './reference.ts';
import { handleOf } from './step-handle.ts';
import type { Step } from './step-handle.ts';
import { typeName } from './type-name.ts';
import { textOf, targetsOf } from './written.ts';
import type { Expression, Template } from './written.ts';

/** What the outputs of a job are made of: plain data, so that any copy of this package can read it. */
export type OutputsForm =
  | { readonly path: readonly string[] }
  | { readonly template: string }
  | { readonly list: readonly OutputsForm[] }
  | { readonly fields: { readonly [name: string]: OutputsForm } }
  | { readonly value: Json };

/** What the outputs of a run are, where the job was defined to return `R`. */
export type OutputsOf<R> =
  R extends Step<infer O>
    ? O
    : R extends Reference<infer T>
      ? T
      : R extends Template
        ? string
        : R extends Expression
          ? Json
          : R extends readonly unknown[]
            ? { readonly [K in keyof R]: OutputsOf<R[K]> }
            : R extends object
              ? { readonly [K in keyof R]: OutputsOf<R[K]> }
              : R extends undefined | void
                ? null
                : R;

/** The form of what the function of `defineJob` returned. A step means its output. */
export function outputsForm(returned: unknown, owner: object, path = 'outputs'): OutputsForm {
  const handle = handleOf(returned);
  if (handle !== undefined) {
    requireOwn({ owner: handle.owner, path: ['steps', handle.id] }, owner, path);
    return { path: ['steps', handle.id, 'output'] };
  }
  for (const target of targetsOf(returned)) requireOwn(target, owner, path);
  const target = targetOf(returned);
  if (target !== undefined) return { path: target.path };
  const template = textOf(returned);
  if (template !== undefined) return { template };
  if (Array.isArray(returned)) {
    return { list: returned.map((each, at) => outputsForm(each, owner, `${path}[${at}]`)) };
  }
  if (typeof returned === 'object' && returned !== null) return { fields: formOfFields(returned, owner, path) };
  return { value: plainValue(returned, path) };
}

function formOfFields(returned: object, owner: object, path: string): { readonly [name: string]: OutputsForm } {
  if (typeof (returned as { then?: unknown }).then === 'function') {
    throw new OrchError('spec', 'Expected defineJob to be given a function that is not async.', {
      hint: 'Nothing runs in it: what has to be awaited is done before defineJob, or in a step.',
    });
  }
  const entries = Object.entries(returned).map(([name, value]) => [name, outputsForm(value, owner, `${path}.${name}`)]);
  return Object.fromEntries(entries) as { readonly [name: string]: OutputsForm };
}

function plainValue(value: unknown, path: string): Json {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value as Json;
  throw new OrchError('spec', `${path}: expected steps, references or plain values, got ${typeName(value)}.`);
}

function requireOwn({ owner, step, path }: Target, job: object, where: string): void {
  const name = printPath(path);
  if (owner !== job) throw new OrchError('spec', `${where}: ${name} is of another job.`);
  if (step === undefined && path[0] !== 'item') return;
  throw new OrchError('spec', `${where}: ${name} is known only inside its step.`);
}
