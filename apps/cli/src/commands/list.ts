import { exitCodes } from '@orch/contracts';
import { listRuns } from '@orch/sdk/read';
import type { RunSummary } from '@orch/sdk/read';
import type { Terminal } from '../terminal/terminal.ts';
import { fewOf, harmless, paintState, seconds, table } from '../terminal/words.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute({ terminal, args: [prefix = ''], options }: Invocation<RunsDirOption>): Promise<0> {
  const runsDir = runsDirOf(options, terminal);
  const runs = listRuns(runsDir).filter(({ job_id: id }) => id.startsWith(prefix) || id.startsWith(`job_${prefix}`));
  if (options.json) terminal.out(JSON.stringify(runs, undefined, 2));
  else if (runs.length === 0) terminal.err(`No runs in ${runsDir}.`);
  else for (const line of table(withChildren(runs).map((run) => row(run, terminal)))) terminal.out(line);
  return exitCodes.succeeded;
}

type Listed = RunSummary & {
  /** How many runs above it begin one another. */
  readonly depth: number;
};

/** Each run, and below it those that its steps began, from the first. */
function withChildren(runs: readonly RunSummary[]): Listed[] {
  const ids = new Set(runs.map(({ job_id: id }) => id));
  const byParent = Map.groupBy(runs, ({ parent }) => (parent && ids.has(parent.job_id) ? parent.job_id : undefined));
  const listed: Listed[] = [];
  const list = (run: RunSummary, depth: number): void => {
    listed.push({ ...run, depth });
    for (const child of byParent.get(run.job_id)?.toReversed() ?? []) list(child, depth + 1);
  };
  for (const run of byParent.get(undefined) ?? []) list(run, 0);
  return listed;
}

function row(run: Listed, terminal: Terminal): string[] {
  const { depth } = run;
  const steps = `${run.completed_steps}/${run.steps} steps`;
  return [
    depth === 0 ? run.job_id : `${'  '.repeat(depth - 1)}↳ ${run.job_id}`,
    paintState(run.status, terminal),
    run.project,
    steps,
    seconds(run.duration_s),
    run.started_at ?? '',
    [waitsFor(run), begunBy(run)].filter((text) => text !== '').join('  '),
  ];
}

function waitsFor({ waiting = [] }: Listed): string {
  return waiting.length === 0 ? '' : `waits at ${fewOf(waiting, 3).join(', ')}`;
}

function begunBy({ parent, depth }: Listed): string {
  if (parent === undefined) return '';
  const unit = parent.item === undefined ? parent.step : `${parent.step} ${parent.item}`;
  return harmless(depth > 0 ? unit : `${unit} of ${parent.job_id}`);
}
