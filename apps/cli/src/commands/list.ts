import { exitCodes } from '@orch/contracts';
import { listRuns } from '@orch/sdk';
import type { RunSummary } from '@orch/sdk';
import type { Terminal } from '../terminal.ts';
import { paintState, seconds, table } from '../words.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './options.ts';
import type { RunsDirOption } from './options.ts';

export async function execute({ terminal, args: [prefix = ''], options }: Invocation<RunsDirOption>): Promise<0> {
  const runsDir = runsDirOf(options, terminal);
  const runs = listRuns(runsDir).filter(({ job_id: id }) => id.startsWith(prefix) || id.startsWith(`job_${prefix}`));
  if (options.json) terminal.out(JSON.stringify(runs, undefined, 2));
  else if (runs.length === 0) terminal.err(`No runs in ${runsDir}.`);
  else for (const line of table(runs.map((run) => row(run, terminal)))) terminal.out(line);
  return exitCodes.succeeded;
}

function row(run: RunSummary, terminal: Terminal): string[] {
  const steps = `${run.completed_steps}/${run.steps} steps`;
  return [
    run.job_id,
    paintState(run.status, terminal),
    run.project,
    steps,
    seconds(run.duration_s),
    run.started_at ?? '',
  ];
}
