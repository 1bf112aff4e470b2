import { err } from '@orch/contracts';
import type { Answer, ErrorCode, Message, OrchError, Question, Result, StepHost } from '@orch/contracts';
import { keepText } from './keep-text.ts';
import type { LlmOutput } from './llm-answer.ts';
import type { Conversation } from './llm-tools.ts';

type Repair<T> = {
  /** How often a model is asked to mend its answer. */
  readonly rounds: number;
  readonly output: LlmOutput;
  /** Leads to an answer, and to what was said until then. */
  readonly ask: (question: Question) => Promise<Result<Conversation>>;
  readonly read: (text: string) => Result<T>;
};

type Unfit = { readonly answer: Answer; readonly fault: OrchError };

/**
 * Asks, and asks the model again in the same conversation when its answer does not fit, with what is wrong. Answers are
 * rejected only when none could be mended: as long as one could, each question finds the same answer again.
 */
export async function askUntilFit<T>(host: StepHost, question: Question, repair: Repair<T>): Promise<Result<T>> {
  const unfit: Unfit[] = [];
  for (let { messages } = question; ;) {
    const asked = await repair.ask({ ...question, messages });
    const last = unfit.at(-1);
    if (!asked.ok) {
      if (last === undefined || !unanswerable.has(asked.error.code)) return asked;
      return rejectAll(host, unfit, last);
    }
    const { answer, messages: said } = asked.value;
    const found = repair.read(answer.reply.text);
    if (found.ok || !found.error.retryable) return found;
    unfit.push({ answer, fault: found.error });
    if (unfit.length > repair.rounds) return rejectAll(host, unfit, { answer, fault: found.error });
    host.log(`\n\nThis answer cannot be used. ${found.error.message}\n\n`);
    messages = [...said, ...complaint(answer, found.error, repair.output)];
  }
}

/** The question for a repair went nowhere, and would again: what is wrong is still the answer before. */
const unanswerable: ReadonlySet<ErrorCode> = new Set([
  ...(['recording_missing', 'frozen_miss', 'truncated', 'refused', 'bad_request'] as const),
]);

/** The last one is kept as it came, for people to read. */
async function rejectAll(
  host: StepHost,
  unfit: readonly Unfit[],
  { answer: last, fault }: Unfit,
): Promise<Result<never>> {
  for (const { answer, fault: own } of unfit) await host.reject(answer, 'llm', own.message);
  await keepText(last.reply.text, { ending: '.answer.txt', mediaType: 'text/plain' }, host);
  return err(fault);
}

const wanted = {
  text: 'Answer again.',
  json: 'Answer again with one whole JSON value and nothing else.',
  files: 'Answer again with every file whole, each in a fenced block whose info string is its path.',
  patch: 'Answer again with the whole unified diff, as `git diff` prints it, in one fenced block.',
} as const;

function complaint({ reply }: Answer, { message }: OrchError, output: LlmOutput): Message[] {
  const said = reply.text.trim() === '' ? '(nothing)' : reply.text;
  return [
    { role: 'assistant', content: said },
    { role: 'user', content: `Your answer cannot be used. ${message}\n\n${wanted[output]}` },
  ];
}
