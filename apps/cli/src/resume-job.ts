import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { planResume, prepareResume, resumeRun } from '@orch/sdk';
import { attendRun } from './attend-run.ts';
import { readCount, readVars } from './commands/read-options.ts';
import type { RunsDirOption } from './commands/read-options.ts';
import { describeResume } from './describe/describe-resume.ts';
import { followRun } from './follow-run.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The options of `run` and `resume` that say how a run goes on. */
export type ResumeFlags = RunsDirOption & {
  readonly provider?: string;
  readonly var?: readonly string[];
  readonly only?: string;
  readonly limit?: string;
  readonly from?: string;
  readonly retryFailed?: true;
  readonly failFast?: true;
  readonly frozen?: true;
  readonly plan?: true;
  readonly strict?: true;
  readonly force?: true;
  readonly json?: true;
};

type Which = {
  readonly dir: string;
  /** Compiled anew; without it, the run's own plan is used. */
  readonly spec: string | undefined;
};

/** Goes on with a run, or tells what that would do. */
export function resumeJob(terminal: Terminal, options: ResumeFlags, { dir, spec }: Which): Promise<ExitCode> {
  const { env, cwd, hide: onSecrets } = terminal;
  return attendRun(terminal, async ({ drain, signal, any }) => {
    const { from, retryFailed, failFast, frozen, only, provider, strict } = options;
    const limit = readCount('--limit', options.limit);
    const vars = options.var === undefined ? undefined : readVars(options.var);
    const json = options.json ?? false;
    const around = { cwd, env, onSecrets, signal: any };
    const asked = { ...around, spec, provider, vars, from, retryFailed, only, limit, frozen, strict };
    if (options.plan) {
      const { plan } = await planResume(dir, asked);
      const said = json ? [JSON.stringify(plan, undefined, 2)] : describeResume(plan, terminal);
      for (const line of said) terminal.out(line);
      return exitCodes.succeeded;
    }
    const prepared = await prepareResume(dir, asked);
    const going = { failFast, frozen, only, limit, drain, signal };
    const following = { terminal, json, force: options.force ?? false, options: going };
    return followRun(prepared, following, (onEvent) =>
      resumeRun(dir, prepared.job, prepared.ports, { ...going, from, retryFailed, onEvent }),
    );
  });
}
