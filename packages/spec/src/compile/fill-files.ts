import { posix } from 'node:path';
import type { Json, JsonObject } from '@orch/contracts';
import type { DraftStep } from '../fields/draft.ts';
import { isJsonSchema, readSchema } from '../fields/schema.ts';
import { expected } from '../fields/read.ts';
import type { Problems } from '../source/problems.ts';
import { readYaml } from '../source/read-yaml.ts';
import { Source } from '../source/source.ts';
import { inside } from '../source/written.ts';
import type { WrittenMap } from '../source/written.ts';
import { checkSchema } from './check-schema.ts';
import type { Inputs } from './inputs.ts';
import { moduleDigest } from './module-digest.ts';
import { stepTemplates } from './step-templates.ts';
import type { StepTemplate } from './step-templates.ts';

/** A step whose files were read: their text stands in its fields. */
export type FilledStep = {
  readonly step: DraftStep;
  readonly fields: { readonly [field: string]: Json };
  readonly templates: readonly StepTemplate[];
};

/** Reads the files a step names; notes those that are missing or wrong. */
export async function fillFiles(step: DraftStep, inputs: Inputs, problems: Problems): Promise<FilledStep> {
  const reading = { step, inputs, problems };
  const [prompt, schema, code] = await Promise.all([readPrompt(reading), resolveSchema(reading), readModule(reading)]);
  const { prompt_file: _, ...fields } = step.fields;
  return {
    step,
    fields: {
      ...fields,
      ...(prompt !== undefined && { prompt: prompt.excerpt.text }),
      ...(schema !== undefined && { schema }),
      ...(code !== undefined && { code_sha256: code }),
    },
    templates: [...stepTemplates(step, problems.source), ...(prompt === undefined ? [] : [prompt])],
  };
}

type Reading = { readonly step: DraftStep; readonly inputs: Inputs; readonly problems: Problems };

async function readPrompt({ step, inputs, problems }: Reading): Promise<StepTemplate | undefined> {
  const file = step.fields['prompt_file'];
  if (typeof file !== 'string') return undefined;
  const input = await inputs.take(file);
  if (!input.ok) return missing('prompt_file', input.error, { step, problems });
  const { content } = input.value;
  const source = beside(problems.source, file, content);
  const path = inside(step.path, 'prompt_file');
  if (content.trim() === '')
    problems.in(source).add(0, { code: 'missing', message: `${path}: expected some text, got none` });
  const excerpt = { text: content, source, span: [0, content.length] as const };
  return { path, excerpt, seesItem: step.written.has('each'), role: 'text' };
}

async function resolveSchema({ step, inputs, problems }: Reading): Promise<JsonObject | undefined> {
  const { schema } = step.fields;
  if (schema === undefined) return undefined;
  const path = inside(step.path, 'schema');
  if (typeof schema !== 'string') {
    const written = step.written.get('schema')!.value as WrittenMap;
    if (isJsonSchema(written)) await checkSchema(schema as JsonObject, written, { path, problems });
    return schema as JsonObject;
  }
  const input = await inputs.take(schema);
  if (!input.ok) return missing('schema', input.error, { step, problems });
  return schemaFile(beside(problems.source, schema, input.value.content), path, problems);
}

async function schemaFile(source: Source, path: string, problems: Problems): Promise<JsonObject | undefined> {
  const own = problems.in(source);
  const written = readYaml(source, own);
  if (written === undefined) return own.add(0, { code: 'missing', message: `${path}: expected a schema, got nothing` });
  if (written.type !== 'map') return expected('a schema', written, { path, problems: own });
  const schema = readSchema(written, path, own);
  if (schema !== undefined && isJsonSchema(written)) await checkSchema(schema, written, { path, problems: own });
  return schema;
}

async function readModule({ step, inputs, problems }: Reading): Promise<string | undefined> {
  const { uses } = step.fields;
  if (typeof uses !== 'string') return undefined;
  const digest = await moduleDigest(uses, inputs);
  return digest.ok ? digest.value : missing('uses', digest.error, { step, problems });
}

function missing(field: string, why: string, { step, problems }: { step: DraftStep; problems: Problems }): undefined {
  const { value } = step.written.get(field)!;
  return problems.add(value.span[0], { code: 'not_found', message: `${inside(step.path, field)}: ${why}` });
}

/** A file that the job names, called as a person would who calls the job file as they do. */
const beside = (job: Source, path: string, content: string): Source =>
  new Source(posix.join(posix.dirname(job.file), path), content);
