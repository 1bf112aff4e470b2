import { OrchError } from '@orch/contracts';
import type { Json, StepScope } from '@orch/contracts';
import { readJob, readResults } from '@orch/engine';
import { renderText } from '@orch/spec';
import type { OutputsForm } from './outputs.ts';

/** The outputs of a run that has ended, from its folder. Throws `corrupt_log` when a part of them is gone. */
export async function readOutputs(dir: string, form: OutputsForm): Promise<Json> {
  if ('value' in form) return form.value;
  const scope = await readResults(dir, await readJob(dir));
  return valueOf(form, scope);
}

function valueOf(form: OutputsForm, scope: StepScope): Json {
  if ('value' in form) return form.value;
  if ('list' in form) return form.list.map((each) => valueOf(each, scope));
  if ('path' in form) return found(scope, form.path);
  if ('template' in form) return rendered(form.template, scope);
  return Object.fromEntries(Object.entries(form.fields).map(([name, each]) => [name, valueOf(each, scope)]));
}

function rendered(template: string, scope: StepScope): string {
  const text = renderText(template, scope);
  if (text.ok) return text.value;
  throw new OrchError(text.error.code, `outputs: ${text.error.message}`, { cause: text.error });
}

/** What templates would find there; null where they find nothing. */
function found(scope: StepScope, path: readonly string[]): Json {
  let value: unknown = scope;
  for (const part of path) value = partOf(value, part);
  return (value ?? null) as Json;
}

function partOf(value: unknown, part: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, part)) return (value as { readonly [part: string]: unknown })[part];
  if (!Array.isArray(value)) return undefined;
  return { size: value.length, first: value[0] as unknown, last: value.at(-1) as unknown }[part];
}
