import type { Json } from '@orch/contracts';
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
export async function describePipeline({ text }: Pick<PipelineFile, 'text'>): Promise<PipelineDescription> {
  const yaml = await import('yaml'); // not before: who only looks for the names of pipelines need not wait for it
  const job = yaml.parseDocument(text).contents;
  const parameters = pairsOf(job, 'vars', yaml).map((pair) => toParameter(pair, yaml));
  const steps = pairsOf(job, 'steps', yaml).map(({ key, value }) => ({ id: String(key), does: doing(value, yaml) }));
  return { parameters, steps };
}

type Yaml = Pick<typeof import('yaml'), 'isMap' | 'isNode' | 'isScalar'>;

function pairsOf(job: unknown, field: string, yaml: Yaml): Pair[] {
  const map: unknown = yaml.isMap(job) ? job.get(field) : undefined;
  return yaml.isMap(map) ? withComments(map, yaml) : [];
}

/** The comment above the first entry of a map is kept with the map. */
function withComments(map: YAMLMap, { isScalar }: Yaml): Pair[] {
  const [first] = map.items;
  if (first !== undefined && isScalar(first.key)) first.key.commentBefore ??= map.commentBefore ?? null;
  return map.items;
}

function toParameter({ key, value }: Pair, { isNode, isScalar }: Yaml): Parameter {
  const comment = isScalar(key) ? key.commentBefore : undefined;
  const about = (comment ?? '').split('\n').map((line) => line.trim());
  return {
    name: String(key),
    byDefault: (isNode(value) ? value.toJSON() : null) as Json,
    about: about.join(' ').trim(),
  };
}

const doers = ['prompt_file', 'prompt', 'uses', 'run', 'command', 'write', 'spec', 'question'];

function doing(step: unknown, { isMap }: Yaml): string {
  const field = isMap(step) ? doers.find((name) => step.has(name)) : undefined;
  if (!isMap(step) || field === undefined) return '';
  const value: unknown = step.get(field);
  return typeof value === 'string' ? `${field} ${value}` : field;
}
