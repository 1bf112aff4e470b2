import type { Each, Json, JsonObject, PlanStep } from '@orch/contracts';
import { kindNamed } from '../fields/kinds.ts';
import { normalTemplate } from '../template/normal-template.ts';

/** A step with each of its templates written in the one way that means the same, so that equal jobs are equal plans. */
export function normalTexts(step: PlanStep): PlanStep {
  const { kind, fields, each, writes, assert, template } = step;
  return {
    ...step,
    ...(each !== undefined && { each: normalEach(each) }),
    ...(template !== false && { fields: normalFields(kind, fields) }),
    writes: writes.map((path) => normalTemplate(path)),
    ...(assert !== undefined && {
      assert: assert.map(({ that, message }) => ({ that, ...normalText('message', message) })),
    }),
  };
}

function normalEach(each: Each): Each {
  if ('from' in each) return each;
  const source = 'files' in each ? { files: normalTemplate(each.files) } : { list: normalValue(each.list) };
  return { ...each, ...source, ...normalText('key', each.key) };
}

function normalText<N extends string>(name: N, text: string | undefined): { readonly [K in N]?: string } {
  return text === undefined ? {} : ({ [name]: normalTemplate(text) } as { readonly [K in N]: string });
}

/** Of a kind that others made, every field is a template. */
function normalFields(kind: string, fields: JsonObject): JsonObject {
  const table = kindNamed(kind);
  const entries = Object.entries(fields).map(([name, value]): [string, Json] => {
    const templates = table === undefined ? 'text' : table.shape[name]?.templates;
    if (templates === undefined) return [name, value];
    if (name === 'run' && typeof value === 'string') return [name, normalTemplate(value, 'command')];
    return [name, normalValue(value, templates === 'keys_too')];
  });
  return Object.fromEntries(entries);
}

function normalValue(value: Json, hasTemplateKeys = false): Json {
  if (typeof value === 'string') return normalTemplate(value);
  if (Array.isArray(value)) return value.map((each: Json) => normalValue(each));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    hasTemplateKeys ? normalTemplate(key) : key,
    normalValue(inner),
  ]);
  return Object.fromEntries(entries) as JsonObject;
}
