import { describePipeline, pipelineNames, pipelineTraits, requirePipeline } from '@orch/pipelines';
import type { Parameter, PipelineName } from '@orch/pipelines';
import type { CommandRow, Invocation } from './commands/index.ts';

/** A command for each pipeline. Only the options of the one that is called are read from its file. */
export async function pipelineCommands(argv: readonly string[]): Promise<CommandRow[]> {
  const called = argv.find((word) => !word.startsWith('-'));
  return Promise.all(pipelineNames.map((name) => toCommand(name, name === called)));
}

async function toCommand(name: PipelineName, isCalled: boolean): Promise<CommandRow> {
  const { about, exampleTask } = pipelineTraits[name];
  return {
    name,
    summary: about,
    arguments: exampleTask === undefined ? [] : [['<task>', `what to do, such as "${exampleTask}"`]],
    options: isCalled ? [...(await parametersOf(name)).map((one) => toOption(name, one)), ...usual] : [],
    async load() {
      const { runPipeline } = await import('./run-pipeline.ts');
      return { execute: (invocation: Invocation<never>) => runPipeline(name, invocation) };
    },
  };
}

const usual = [
  ['--project <name>', 'name of the folder of outputs (default: the name of the pipeline)'],
  ['--output-dir <dir>', 'copy the outputs there when the job succeeds'],
  ['--force', 'with --output-dir: replace files that orch did not write'],
  ['--provider <name>', 'who answers: name or name:model'],
  ['--frozen', 'call nobody: replies come from the cache or from recordings'],
  ['--runs-dir <dir>', 'folder of all runs (default: $ORCH_RUNS_DIR or runs)'],
] as const;

export async function parametersOf(name: PipelineName): Promise<readonly Parameter[]> {
  return (await describePipeline(requirePipeline(name))).parameters;
}

function toOption(pipeline: PipelineName, { name, about, byDefault }: Parameter): CommandRow['options'][number] {
  const flag = `--${name.replaceAll('_', '-')}`;
  if (typeof byDefault === 'boolean') return [flag, about];
  if (Array.isArray(byDefault)) return [`${flag} <value>`, `${about.replace(/\.$/, '')}; many times`, 'many'];
  const value = typeof byDefault === 'string' ? byDefault : JSON.stringify(byDefault);
  if (isOutputFile(pipeline, name)) return [`${flag} <file>`, `where the file ${value} is copied to`];
  const shown = value === '' ? '' : ` (default: ${value})`;
  return [`${flag} <${typeof byDefault === 'number' ? 'number' : 'value'}>`, `${about.replace(/\.$/, '')}${shown}`];
}

export function isOutputFile(pipeline: PipelineName, parameter: string): boolean {
  return pipelineTraits[pipeline].outputFiles?.includes(parameter) ?? false;
}
