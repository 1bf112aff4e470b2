import { exitCodes } from '@orch/contracts';
import { findRun, openQuestions, readRun } from '@orch/sdk/read';
import type { ReadRun } from '@orch/sdk/read';
import { noticeLines } from '../describe/describe-notices.ts';
import { describeRun } from '../describe/describe-run.ts';
import { nextSteps } from '../describe/next-steps.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute({ terminal, args: [job], options }: Invocation<RunsDirOption>): Promise<0> {
  const run = await readRun(findRun(runsDirOf(options, terminal), job));
  if (options.json) terminal.out(JSON.stringify(record(run), undefined, 2));
  else {
    const notices = options.verbose === true ? await noticeLines(run.dir, terminal) : [];
    const answers = await answerLines(run, terminal);
    for (const line of [...describeRun(run, terminal), ...notices, ...answers]) terminal.out(line);
  }
  return exitCodes.succeeded;
}

/** What a run that waits asks, and how it is answered. */
async function answerLines(run: ReadRun, terminal: Terminal): Promise<string[]> {
  if (run.status !== 'waiting') return [];
  return nextSteps({ ...run, waiting: await openQuestions(run.dir) }, terminal);
}

function record({ manifest, status, dir, children }: ReadRun): object {
  return { ...manifest, status, dir, children };
}
