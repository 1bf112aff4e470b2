import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { ExitCode, Json, JsonObject } from '@orch/contracts';
import { findWrongChoice, pipelineTraits } from '@orch/pipelines';
import type { Parameter, PipelineName } from '@orch/pipelines';
import { defineJob, prepareRun, startRun } from '@orch/sdk';
import type { Job, RunHandle } from '@orch/sdk';
import { attendRun } from './attend-run.ts';
import type { Invocation } from './commands/index.ts';
import { runsDirOf } from './commands/read-options.ts';
import type { RunsDirOption } from './commands/read-options.ts';
import { followRun } from './follow-run.ts';
import { isOutputFile, parametersOf } from './pipeline-commands.ts';

type Options = RunsDirOption & {
  readonly project?: string;
  readonly provider?: string;
  readonly frozen?: true;
  readonly outputDir?: string;
  readonly force?: true;
  /** Parameters of the pipeline, in camelCase. */
  readonly [parameter: string]: unknown;
};

/** Runs a pipeline as a job in the working directory. Files asked for are copied also when the job failed. */
export async function runPipeline(name: PipelineName, invocation: Invocation<Options>): Promise<ExitCode> {
  const { terminal, args, options } = invocation;
  const { cwd, env, hide: onSecrets } = terminal;
  const { provider, frozen, project = name } = options;
  const parameters = await parametersOf(name);
  const job = jobOf(name, { task: args[0], project, parameters, options });
  return attendRun(terminal, async ({ drain, signal, any }) => {
    const runsDir = runsDirOf(options, terminal);
    const prepared = await prepareRun(job, { cwd, env, onSecrets, provider, frozen, runsDir, signal: any });
    const going = { frozen, drain, signal };
    const following = { terminal, json: options.json ?? false, force: options.force ?? false, options: going };
    let run: RunHandle | undefined;
    const exit = await followRun(prepared, following, (onEvent) => {
      run = startRun(prepared.job, prepared.ports, { ...going, runsDir, onEvent });
      return run;
    });
    if (run !== undefined) copyAsked(join(run.dir, 'outputs', project), { name, parameters, invocation });
    return exit;
  });
}

type Called = {
  readonly task: string | undefined;
  readonly project: string;
  readonly parameters: readonly Parameter[];
  readonly options: Options;
};

function jobOf(use: PipelineName, { task, project, parameters, options }: Called): Job {
  const given: JsonObject = Object.fromEntries(
    parameters.flatMap((parameter) => {
      const value = isOutputFile(use, parameter.name) ? undefined : options[camelCase(parameter.name)];
      return value === undefined ? [] : [[parameter.name, valueOf(value, parameter)] as const];
    }),
  );
  const wrong = findWrongChoice(use, given);
  if (wrong !== undefined) throw new OrchError('usage', `Expected ${flagOf(wrong.parameter)} to be ${wrong.why}.`);
  return defineJob({
    project,
    task,
    outputDir: options.outputDir,
    pipeline: { use, with: { ...given, ...ignoring(use, given, options) } },
  });
}

/** What the command writes itself is no part of what it looks at. */
function ignoring(use: PipelineName, given: JsonObject, options: Options): JsonObject {
  const { ignored, outputFiles = [] } = pipelineTraits[use];
  if (ignored === undefined) return {};
  const files = outputFiles.map((name) => options[camelCase(name)]).filter((file) => typeof file === 'string');
  const said = (given[ignored] ?? []) as readonly string[];
  return { [ignored]: [...said, ...files] };
}

/** Of the type that the parameter has in the pipeline. */
function valueOf(value: unknown, { name, byDefault }: Parameter): Json {
  if (typeof byDefault !== 'number') return value as Json;
  const number = Number(value);
  if (value !== '' && Number.isFinite(number)) return number;
  throw new OrchError('usage', `Expected ${flagOf(name)} to be a number, got \`${String(value)}\`.`);
}

type Copying = {
  readonly name: PipelineName;
  readonly parameters: readonly Parameter[];
  readonly invocation: Invocation<Options>;
};

/** Copies the files that options ask for, as far as the run came to write them. */
function copyAsked(outputs: string, { name, parameters, invocation: { terminal, options } }: Copying): void {
  for (const { name: parameter, byDefault } of parameters) {
    const asked = isOutputFile(name, parameter) ? options[camelCase(parameter)] : undefined;
    if (typeof asked !== 'string') continue;
    const from = join(outputs, byDefault as string);
    if (!existsSync(from)) continue;
    const to = resolve(terminal.cwd, asked);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to);
    if (options.json !== true) terminal.out(`${terminal.paint('dim', 'copied')}  ${asked}`);
  }
}

const flagOf = (parameter: string): string => `--${parameter.replaceAll('_', '-')}`;

const camelCase = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
