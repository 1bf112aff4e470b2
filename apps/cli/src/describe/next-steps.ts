import { dirname, relative } from 'node:path';
import type { Manifest } from '@orch/contracts';
import { runsFolder } from '@orch/sdk';
import type { OpenQuestion, ReadRun, RunResult } from '@orch/sdk';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless, table } from '../terminal/words.ts';

export type EndedRun = {
  readonly result: Standing;
  /** It was to call nobody. */
  readonly frozen: boolean;
  /** How many items of each fan-out it took at most. */
  readonly limit?: number | undefined;
  readonly waiting: readonly OpenQuestion[];
  /** The job file, where the run comes from one. */
  readonly spec?: string | undefined;
};

type Standing = Pick<RunResult, 'jobId' | 'dir' | 'manifest'> & Pick<ReadRun, 'status'>;

const mostAnswers = 10;

/** The commands that go on with a run which has not come to its end, and what each means where that is not plain. */
export function nextSteps({ result, frozen, limit, waiting, spec }: EndedRun, terminal: Terminal): string[] {
  const { status, jobId, manifest } = result;
  if (status === 'succeeded' || status === 'canceled') return [];
  const elsewhere = runsDirFlag(result, terminal);
  const answers = waiting.slice(0, mostAnswers).flatMap((asked) => answerRows(asked, { jobId, elsewhere }));
  const more = waiting.length > mostAnswers ? [['', `… and ${waiting.length - mostAnswers} more`]] : [];
  const limited = limit === undefined ? '' : ` --limit ${limit}`;
  const resume = `orch resume ${jobId}${elsewhere}${limited}`;
  if (spec !== undefined && isFaultOfJob(manifest)) {
    const again = `orch run ${quoted(spec)} --resume${elsewhere}${limited}`;
    return [`${terminal.paint('dim', 'mend the job, then')}  ${again}${frozen ? ' --frozen' : ''}`];
  }
  const isMiss = manifest.failures.some(({ code }) => code === 'frozen_miss');
  const rows = [...answers, ...more, ...(frozen ? frozenWays(resume, isMiss) : [['resume', resume]])];
  return table(rows.map(([name = '', ...rest]) => [terminal.paint('dim', name), ...rest]));
}

/** The plan that the run has would fail in the same way again. */
function isFaultOfJob({ status, failures }: Manifest): boolean {
  return status === 'failed' && failures.every(({ code }) => code === 'spec' || code === 'template');
}

function frozenWays(resume: string, isMiss: boolean): string[][] {
  const again = ['resume', `${resume} --frozen`];
  if (!isMiss) return [again];
  return [
    [...again, 'once the missing replies are in the cache or in recordings'],
    ['or', resume, 'asks the model for them, which may cost money'],
  ];
}

function runsDirFlag({ dir }: Pick<RunResult, 'dir'>, { cwd, env }: Terminal): string {
  const base = dirname(dir);
  return base === runsFolder(undefined, { cwd, env }) ? '' : ` --runs-dir ${relative(cwd, base)}`;
}

type Place = { readonly jobId: string; readonly elsewhere: string };

function answerRows({ step, item, question, options = [] }: OpenQuestion, { jobId, elsewhere }: Place): string[][] {
  const unit = item === undefined ? step : `${step} ${quoted(item)}`;
  const approve = `orch approve ${jobId} ${unit}${elsewhere}`;
  const [first, ...others] = options.map((option) => `--answer ${quoted(option)}`);
  const answer = ['answer', `${approve} ${first ?? '--answer TEXT'}`];
  return [
    ['asked', harmless(question).split('\n')[0] ?? ''],
    [...answer, [...others, '--reject'].map((way) => `or ${way}`).join(', ')],
  ];
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
