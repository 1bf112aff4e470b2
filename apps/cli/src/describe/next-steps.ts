import type { Manifest } from '@orch/contracts';
import type { OpenQuestion, ReadRun } from '@orch/sdk/read';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless, table } from '../terminal/words.ts';
import { resumeFlags, runsDirFlag } from './resume-command.ts';

type EndedRun = Pick<ReadRun, 'dir' | 'manifest' | 'status' | 'given'> & {
  readonly waiting: readonly OpenQuestion[];
  /** The job file, where the run comes from one. */
  readonly spec?: string | undefined;
};

const mostAnswers = 10;

/** The commands that go on with a run which has not come to its end, and what each means where that is not plain. */
export function nextSteps(ended: EndedRun, terminal: Terminal): string[] {
  const { status, dir, manifest, given, waiting, spec } = ended;
  if (status === 'succeeded' || status === 'canceled') return [];
  const { job_id: jobId } = manifest;
  const frozen = given.frozen ?? false;
  const place = { jobId, elsewhere: runsDirFlag(dir, terminal) };
  const answers = waiting.slice(0, mostAnswers).flatMap((asked) => answerRows(asked, place));
  const more = waiting.length > mostAnswers ? [['', `… and ${waiting.length - mostAnswers} more`]] : [];
  const flags = resumeFlags(ended, terminal);
  const resume = `orch resume ${jobId}${flags}`;
  if (spec !== undefined && isFaultOfJob(manifest)) {
    const again = `orch run ${quoted(spec)} --resume${flags}`;
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

type Place = { readonly jobId: string; readonly elsewhere: string };

function answerRows({ step, item, question, options = [] }: OpenQuestion, { jobId, elsewhere }: Place): string[][] {
  const unit = item === undefined ? step : `${step} ${quoted(item)}`;
  const approve = `orch approve ${jobId} ${unit}${elsewhere}`;
  // A question without options is a yes or no: an answer in words may be given, and need not.
  const [first, ...others] = options.length === 0 ? ['', '--answer TEXT'] : options.map(answerFlag);
  return [
    ['asked', harmless(question).split('\n')[0] ?? ''],
    ['answer', `${approve} ${first}`.trimEnd(), [...others, '--reject'].map((way) => `or ${way}`).join(', ')],
  ];
}

const answerFlag = (option: string): string => `--answer ${quoted(option)}`;

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
