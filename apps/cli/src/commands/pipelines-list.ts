import { exitCodes } from '@orch/contracts';
import { pipelineNames, pipelineTraits } from '@orch/pipelines';
import { table } from '../terminal/words.ts';
import type { Invocation } from './index.ts';

export async function execute({ terminal, options }: Invocation): Promise<0> {
  const pipelines = pipelineNames.map((name) => ({ name, about: pipelineTraits[name].about }));
  if (options.json) terminal.out(JSON.stringify(pipelines, undefined, 2));
  else for (const line of table(pipelines.map(({ name, about }) => [name, about]))) terminal.out(line);
  return exitCodes.succeeded;
}
