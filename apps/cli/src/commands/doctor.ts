import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { checkProviders } from '@orch/sdk';
import { attendRun } from '../attend-run.ts';
import { describeProviders } from '../describe/describe-providers.ts';
import type { Invocation } from './index.ts';

type Options = { readonly provider?: string };

/** Tells how the providers stand that are configured here, and those that a job names. */
export async function execute({ terminal, args: [job], options }: Invocation<Options>): Promise<ExitCode> {
  const { cwd, env, hide: onSecrets } = terminal;
  return attendRun(terminal, async ({ any: signal }) => {
    const reports = await checkProviders(job, { cwd, env, onSecrets, provider: options.provider, signal });
    const ok = reports.length > 0 && reports.every((report) => report.ok);
    if (options.json) terminal.out(JSON.stringify({ ok, providers: reports }, undefined, 2));
    else for (const line of describeProviders(reports, terminal)) terminal.out(line);
    return ok ? exitCodes.succeeded : exitCodes.provider;
  });
}
