import type { JsonObject } from '@orch/contracts';
import { pipelineTraits } from './pipelines.ts';
import type { PipelineName } from './pipelines.ts';

export type WrongChoice = {
  readonly parameter: string;
  /** What was expected and what came, as a sentence goes on behind the name of the parameter. */
  readonly why: string;
};

/** The first of the values for a pipeline that is none of those there are; undefined also for a pipeline that is none. */
export function findWrongChoice(pipeline: string, values: JsonObject): WrongChoice | undefined {
  if (!Object.hasOwn(pipelineTraits, pipeline)) return undefined;
  const { choices = {} } = pipelineTraits[pipeline as PipelineName];
  for (const [parameter, allowed] of Object.entries(choices)) {
    const value = values[parameter];
    if (value === undefined || allowed.some((choice) => choice === value)) continue;
    const came = typeof value === 'string' ? value : JSON.stringify(value);
    return { parameter, why: `one of ${allowed.join(', ')}, got \`${came}\`` };
  }
  return undefined;
}
