import { exitCodes } from '@orch/contracts';
import { explainStep, findRun } from '@orch/sdk';
import type { AskedQuestion, StepExplanation, UnitEnd } from '@orch/sdk';
import type { Terminal } from '../terminal/terminal.ts';
import { fewOf, harmless, inLines, plural } from '../terminal/words.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute({ terminal, args, options }: Invocation<RunsDirOption>): Promise<0> {
  const [job, step = '', item] = args;
  const explained = await explainStep(findRun(runsDirOf(options, terminal), job), step, item);
  if (options.json) terminal.out(JSON.stringify(explained, undefined, 2));
  else for (const line of describe(explained, terminal)) terminal.out(line);
  return exitCodes.succeeded;
}

function describe({ questions, ends, items }: StepExplanation, terminal: Terminal): string[] {
  const told = [
    ...questions.map((question) => ({ ts: question.ts, lines: questionLines(question, terminal) })),
    ...ends.map((end) => ({ ts: end.ts, lines: endLines(end) })),
  ];
  const sorted = told.toSorted((a, b) => a.ts.localeCompare(b.ts)).flatMap(({ lines }) => lines);
  if (items !== undefined) return [...sorted, ...itemLines(items)];
  if (questions.length > 0 || ends.every(({ end }) => end === 'skipped' || end === 'waiting')) return sorted;
  return [...sorted, 'It asked no model and looked into no cache: without a success with the same inputs, it runs.'];
}

const mostItems = 20;

function itemLines(items: readonly string[]): string[] {
  const some = fewOf(items.map(harmless), mostItems).map((item) => `  ${item}`);
  return ['It fans out, and its items ask. Name one as well:', ...some];
}

function questionLines(question: AskedQuestion, { paint }: Terminal): string[] {
  const head = `${time(question.ts)}  ${paint(question.cache === 'hit' ? 'green' : 'yellow', question.cache)}`;
  const key = question.key.slice(0, 12);
  if (question.cache === 'hit') {
    const paid = question.paidBy === undefined ? '' : `, paid for by ${question.paidBy}`;
    return [`${head}   ${key} from ${sources[question.source]}${paid}`];
  }
  const { why, passedOver } = question;
  const count = why === undefined || why.changed.length === 0 ? '' : `, ${plural(why.changed.length, 'field')} changed`;
  const reason = passedOver === undefined ? [] : [passes[passedOver]];
  const unknown =
    reason.length === 0 ? ['What was asked is not known: the process died before there was an answer.'] : [];
  return [`${head}  ${key}${count}`, ...[...reason, ...(why?.lines ?? unknown)].map((line) => `  ${harmless(line)}`)];
}

const passes = {
  off: 'The step says cache: off, which takes nothing of other runs.',
  refresh: 'The step says cache: refresh, which takes nothing older than the run.',
};

const sources = {
  run: "this run's own folder",
  shared: 'the cache that all runs share',
  in_flight: 'a call that was under way',
};

function endLines(end: UnitEnd): string[] {
  const head = `${time(end.ts)}  ${end.end}`;
  switch (end.end) {
    case 'failed':
      return [`${head}: ${harmless(end.message.split('\n', 1)[0] ?? '')}`];
    case 'skipped':
      return [`${head}: ${end.reason}${skipWords(end)}`];
    case 'waiting':
      return [`${head} for an answer to: ${inLines(end.question)}`];
    case 'reused':
      return [`${head}: its inputs were those of line ${end.fromSeq} of the log`];
    default:
      return [head];
  }
}

/** What of the job or of other steps it was skipped for. */
function skipWords({ when, for: needs = [] }: Extract<UnitEnd, { readonly end: 'skipped' }>): string {
  if (when !== undefined) return `, for this does not hold: ${inLines(when)}`;
  return needs.length === 0 ? '' : `, for ${needs.map(({ need, status }) => `${need}: ${status}`).join(', ')}`;
}

function time(ts: string): string {
  return ts.slice(11, 19);
}
