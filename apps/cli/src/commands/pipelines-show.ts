import { exitCodes } from '@orch/contracts';
import { describePipeline, requirePipeline } from '@orch/pipelines';
import type { Parameter, PipelineStep } from '@orch/pipelines';
import { table } from '../terminal/words.ts';
import type { Invocation } from './index.ts';

export async function execute({ terminal, args: [name = ''], options }: Invocation): Promise<0> {
  const pipeline = requirePipeline(name);
  const { parameters, steps } = await describePipeline(pipeline);
  if (options.json) {
    const { file, text } = pipeline;
    terminal.out(JSON.stringify({ name, parameters, steps, file, text }, undefined, 2));
    return exitCodes.succeeded;
  }
  const title = (text: string): string => terminal.paint('bold', text);
  const lines = [
    ...[title('parameters'), ...table(parameters.map(parameterRow)).map(indented), ''],
    ...[title('steps'), ...table(steps.map(stepRow)).map(indented), ''],
    ...[title('job.yaml'), ...pipeline.text.trimEnd().split('\n').map(indented)],
  ];
  for (const line of lines) terminal.out(line);
  return exitCodes.succeeded;
}

const parameterRow = ({ name, byDefault, about }: Parameter): string[] => [name, JSON.stringify(byDefault), about];

const stepRow = ({ id, does }: PipelineStep): string[] => [id, does];

const indented = (line: string): string => (line === '' ? '' : `  ${line}`);
