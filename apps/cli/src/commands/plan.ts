import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { planRun } from '@orch/sdk';
import type { PlannedRun } from '@orch/sdk';
import { attendRun } from '../attend-run.ts';
import { describePlan } from '../describe/describe-plan.ts';
import type { ResumeFlags } from '../resume-job.ts';
import type { Invocation } from './index.ts';
import { readCount, readVars, runsDirOf } from './read-options.ts';

export type PlanFlags = Pick<ResumeFlags, 'provider' | 'var' | 'only' | 'limit' | 'strict' | 'runsDir' | 'json'>;

/** Tells what a run of a job would do. */
export async function execute({ terminal, args, options }: Invocation<PlanFlags>): Promise<ExitCode> {
  const { env, cwd, hide: onSecrets } = terminal;
  return attendRun(terminal, async ({ any: signal }) => {
    const { provider, only, strict } = options;
    const runsDir = runsDirOf(options, terminal);
    const limit = readCount('--limit', options.limit);
    const around = { cwd, env, onSecrets, signal };
    const asked = { ...around, provider, only, limit, strict, runsDir, vars: readVars(options.var) };
    const planned = await planRun(args[0], asked);
    const said = options.json ? [JSON.stringify(record(planned), undefined, 2)] : describePlan(planned, terminal);
    for (const line of said) terminal.out(line);
    return exitCodes.succeeded;
  });
}

function record({ notes: warnings, ...planned }: PlannedRun): object {
  return { ...planned, warnings };
}
