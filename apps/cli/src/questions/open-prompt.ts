import { expired, rejects } from './question.ts';
import type { Over, Question } from './question.ts';
import { readAnswer } from './read-answer.ts';
import type { Given } from './read-answer.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/words.ts';

/** A question that a person at the terminal has before them. */
export type Prompt = {
  readonly question: Question;
  /** Undefined when they leave it; `Over` when there is nothing to answer any more. */
  readonly given: Promise<Given | Over | undefined>;
  /** Takes it away. */
  readonly end: (over: Over) => void;
};

type At = {
  readonly ask: NonNullable<Terminal['ask']>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Milliseconds: a timer takes no longer time. */
const longestTimer = 2 ** 31 - 1;

/** Asks until the answer fits; no longer than the question is open. */
export function openPrompt(question: Question, { ask, say, signal }: At): Prompt {
  const closed = new AbortController();
  let over: Over | undefined;
  const end = (why: Over): void => {
    over = why;
    closed.abort();
  };
  const timer = expiryTimer(question, () => end(expired(question)));
  const both = AbortSignal.any([signal, closed.signal]);
  const given = askUntilFit(question, { ask, say, signal: both })
    .then((answer) => over ?? answer)
    .finally(() => clearTimeout(timer));
  return { question, given, end };
}

function expiryTimer({ asked: { expires_at: at } }: Question, onExpiry: () => void): NodeJS.Timeout | undefined {
  if (at === undefined) return undefined;
  // A timer may fire a millisecond early, when the question is still open.
  const delay = Math.max(0, Date.parse(at) - Date.now()) + 2;
  return delay > longestTimer ? undefined : setTimeout(onExpiry, delay);
}

async function askUntilFit({ asked: { options } }: Question, { ask, say, signal }: At): Promise<Given | undefined> {
  for (;;) {
    const line = (await ask('> ', signal))?.trim();
    if (line === undefined || line === '') return undefined;
    if (line === rejects) return { granted: false };
    const answer = options === undefined || options.includes(line) ? line : options[Number(line) - 1];
    if (answer !== undefined) return readAnswer(answer, options);
    say(`expected one of ${harmless((options ?? []).join(', '))}`);
  }
}
