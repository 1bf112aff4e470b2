import { posix } from 'node:path';
import type { Digest, Json, JsonObject } from '@orch/contracts';
import type { DraftStep } from '../fields/draft.ts';
import { isJsonSchema, readSchema } from '../fields/schema.ts';
import { expected } from '../fields/type.ts';
import type { Problems } from '../source/problems.ts';
import { readYaml } from '../source/read-yaml.ts';
import { Source } from '../source/source.ts';
import type { WrittenMap } from '../source/written.ts';
import { checkSchema } from './check-schema.ts';
import type { Inputs } from './inputs.ts';
import { moduleDigest } from './module-digest.ts';
import { placeOf } from './place.ts';
import type { Place } from './place.ts';
import { seenBy, stepTemplates } from './step-templates.ts';
import type { StepTemplate } from './step-templates.ts';

/** A step whose files were read: their text stands in its fields. */
export type FilledStep = {
  readonly step: DraftStep;
  readonly fields: { readonly [field: string]: Json };
  readonly templates: readonly StepTemplate[];
};

/** The files of a job, and those of the pipeline it takes its steps from. */
export type Files = {
  readonly inputs: Inputs;
  /** The folder of each source, relative to that of the job, which stands for all others. */
  readonly folders: ReadonlyMap<Source, string>;
};

/** Reads the files a step names; notes those that are missing or wrong. */
export async function fillFiles(step: DraftStep, files: Files, problems: Problems): Promise<FilledStep> {
  const reading = { step, files, problems };
  const [prompt, schema, module] = await Promise.all([
    readPrompt(reading),
    resolveSchema(reading),
    readModule(reading),
  ]);
  const { prompt_file: _, ...fields } = step.fields;
  const own = stepTemplates(step);
  return {
    step,
    fields: {
      ...fields,
      ...(prompt !== undefined && { prompt: prompt.excerpt.text }),
      ...(schema !== undefined && { schema }),
      ...module,
    },
    templates: prompt === undefined || step.template === false ? own : [...own, prompt],
  };
}

type Reading = { readonly step: DraftStep; readonly files: Files; readonly problems: Problems };

/** A path that a field names, as it is relative to the folder of the job. */
export function pathInJob(path: string, { source }: Place, { folders }: Files): string {
  const folder = folders.get(source);
  return folder === undefined ? path : posix.join(folder, path);
}

/** A file that the job names, called as a person would who calls the job file as they do. */
export const beside = ({ source }: Pick<Place, 'source'>, path: string, content: string): Source =>
  new Source(posix.join(posix.dirname(source.file), path), content);

/** A path that a field of a step holds, and where it stands. */
export type NamedFile = { readonly file: string; readonly place: Place; readonly offset: number };

export function namedFile(field: string, { step, problems }: Omit<Reading, 'files'>): NamedFile | undefined {
  const file = step.fields[field];
  const entry = step.written.get(field);
  if (typeof file !== 'string' || entry === undefined) return undefined;
  return { file, place: placeOf(step, entry, problems), offset: entry.value.span[0] };
}

export function noteMissing({ place, offset }: NamedFile, why: string): undefined {
  return place.problems.add(offset, { code: 'not_found', message: `${place.path}: ${why}` });
}

async function readPrompt(reading: Reading): Promise<StepTemplate | undefined> {
  const named = namedFile('prompt_file', reading);
  if (named === undefined) return undefined;
  const { file, place } = named;
  const input = await reading.files.inputs.take(pathInJob(file, place, reading.files));
  if (!input.ok) return noteMissing(named, input.error);
  const { content } = input.value;
  const source = beside(place, file, content);
  if (content.trim() === '') {
    place.problems.in(source).add(0, { code: 'missing', message: `${place.path}: expected some text, got none` });
  }
  const excerpt = { text: content, source, span: [0, content.length] as const };
  return { path: place.path, excerpt, sees: seenBy(reading.step), role: 'text' };
}

async function resolveSchema(reading: Reading): Promise<JsonObject | undefined> {
  const { step, files, problems } = reading;
  const { schema } = step.fields;
  const entry = step.written.get('schema');
  if (schema === undefined || step.kind !== 'llm' || entry === undefined) return undefined;
  const named = namedFile('schema', reading);
  if (named === undefined) {
    const written = entry.value as WrittenMap;
    if (isJsonSchema(written)) await checkSchema(schema as JsonObject, written, placeOf(step, entry, problems));
    return schema as JsonObject;
  }
  const input = await files.inputs.take(pathInJob(named.file, named.place, files));
  if (!input.ok) return noteMissing(named, input.error);
  return schemaFile(beside(named.place, named.file, input.value.content), named.place);
}

async function schemaFile(source: Source, { path, problems }: Place): Promise<JsonObject | undefined> {
  const own = problems.in(source);
  const written = readYaml(source, own);
  if (written === undefined) return own.add(0, { code: 'missing', message: `${path}: expected a schema, got nothing` });
  if (written.type !== 'map') return expected('a schema', written, { path, problems: own });
  const schema = readSchema(written, path, own);
  if (schema !== undefined && isJsonSchema(written)) await checkSchema(schema, written, { path, problems: own });
  return schema;
}

async function readModule(reading: Reading): Promise<{ uses: string; code_sha256: Digest } | undefined> {
  if (reading.step.kind !== 'module') return undefined;
  const named = namedFile('uses', reading);
  if (named === undefined) return undefined;
  const uses = pathInJob(named.file, named.place, reading.files);
  const digest = await moduleDigest(uses, reading.files.inputs);
  return digest.ok ? { uses, code_sha256: digest.value } : noteMissing(named, digest.error);
}
