import { OrchError } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { newestRunOf, prepareRun, startRun } from '@orch/sdk';
import { attendRun } from '../attend-run.ts';
import { followRun } from '../follow-run.ts';
import { resumeJob } from '../resume-job.ts';
import type { ResumeFlags } from '../resume-job.ts';
import type { Invocation } from './index.ts';
import { readCount, readVars, runsDirOf } from './read-options.ts';

type Options = ResumeFlags & {
  readonly spec?: string;
  readonly only?: string;
  readonly resume?: true;
};

export async function execute(invocation: Invocation<Options>): Promise<ExitCode> {
  const { terminal, args, options } = invocation;
  const spec = specOf(args[0], options.spec);
  const goesOn = options.resume ?? options.from ?? options.retryFailed;
  if (goesOn === undefined) return options.plan ? planNew(invocation, spec) : runNew(invocation, spec);
  const runsDir = runsDirOf(options, terminal);
  const dir = await newestRunOf(runsDir, spec, { cwd: terminal.cwd, finished: options.from !== undefined });
  if (dir !== undefined) return resumeJob(terminal, options, { dir, spec: spec ?? 'job.yaml' });
  if (options.resume === undefined || options.plan !== undefined) throw nothingToResume(runsDir);
  terminal.err('No unfinished run of this job: starting a new one.');
  return runNew(invocation, spec);
}

async function planNew(invocation: Invocation<Options>, spec: string | undefined): Promise<ExitCode> {
  const { execute: tellPlan } = await import('./plan.ts');
  return tellPlan({ ...invocation, args: spec === undefined ? [] : [spec] });
}

function runNew({ terminal, options }: Invocation<Options>, spec: string | undefined): Promise<ExitCode> {
  const { env, cwd, hide: onSecrets } = terminal;
  return attendRun(terminal, async ({ drain, signal, any }) => {
    const limit = readCount('--limit', options.limit);
    const { provider, frozen, failFast, strict, only } = options;
    const runsDir = runsDirOf(options, terminal);
    const asked = { cwd, env, onSecrets, provider, frozen, strict, runsDir, vars: readVars(options.var), signal: any };
    const prepared = await prepareRun(spec, asked);
    const going = { only, limit, frozen, failFast, drain, signal };
    const following = { terminal, json: options.json ?? false, force: options.force ?? false, options: going };
    return followRun(prepared, following, (onEvent) =>
      startRun(prepared.job, prepared.ports, { ...going, runsDir, onEvent }),
    );
  });
}

function specOf(argument: string | undefined, flag: string | undefined): string | undefined {
  if (argument === undefined || flag === undefined) return argument ?? flag;
  throw new OrchError('usage', `Expected one job file, got ${argument} and --spec ${flag}.`);
}

function nothingToResume(runsDir: string): OrchError {
  return new OrchError('usage', `Expected a run of this job in ${runsDir} that can go on, there is none.`, {
    hint: 'Start one: orch run',
  });
}
