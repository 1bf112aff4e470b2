import type { Json } from '@orch/contracts';
import { isMap, isScalar, parseDocument } from 'yaml';
import type { Pair, YAMLMap } from 'yaml';
import type { PipelineFile } from './find-pipeline.ts';

export type Parameter = {
  readonly name: string;
  readonly byDefault: Json;
  /** The comment above it, in one line; empty when there is none. */
  readonly about: string;
};

export type PipelineStep = {
  readonly id: string;
  /** The field that says what it does: `prompt_file`, `uses`, `write` …, and its value when that is a text. */
  readonly does: string;
};

export type PipelineDescription = {
  readonly parameters: readonly Parameter[];
  readonly steps: readonly PipelineStep[];
};

/** Parameters and steps of a pipeline as its job states them, in its order. */
export function describePipeline({ text }: Pick<PipelineFile, 'text'>): PipelineDescription {
  const job = parseDocument(text).contents;
  const parameters = pairsOf(job, 'vars').map(toParameter);
  const steps = pairsOf(job, 'steps').map(({ key, value }) => ({ id: String(key), does: doing(value) }));
  return { parameters, steps };
}

function pairsOf(job: unknown, field: string): Pair[] {
  const map: unknown = isMap(job) ? job.get(field) : undefined;
  return isMap(map) ? withComments(map) : [];
}

/** The comment above the first entry of a map is kept with the map. */
function withComments(map: YAMLMap): Pair[] {
  const [first] = map.items;
  if (first !== undefined && isScalar(first.key)) first.key.commentBefore ??= map.commentBefore ?? null;
  return map.items as Pair[];
}

function toParameter({ key, value }: Pair): Parameter {
  const comment = isScalar(key) ? key.commentBefore : undefined;
  const about = (comment ?? '').split('\n').map((line) => line.trim());
  return { name: String(key), byDefault: (isScalar(value) ? value.value : value) as Json, about: about.join(' ').trim() };
}

const doers = ['prompt_file', 'prompt', 'uses', 'run', 'command', 'write', 'spec', 'question'];

function doing(step: unknown): string {
  const field = isMap(step) ? doers.find((name) => step.has(name)) : undefined;
  if (!isMap(step) || field === undefined) return '';
  const value: unknown = step.get(field);
  return typeof value === 'string' ? `${field} ${value}` : field;
}
