import { userInfo } from 'node:os';
import { OrchError } from '@orch/contracts';
import type { EventData, OrchEvent } from '@orch/contracts';
import type { RunHandle } from '@orch/sdk';
import { errorLines } from './explain-error.ts';
import type { Terminal } from './terminal.ts';
import { harmless } from './words.ts';

/** Puts the questions of a run to the person at the terminal, one after another, while the run goes on. */
export type Clerk = {
  readonly note: (event: OrchEvent) => void;
  /** Whose questions they are from now on. */
  readonly serve: (handle: RunHandle) => void;
  /** Resolves when nothing is asked any more; unless it `waits` for that, what is still asked is left. */
  readonly close: (waits: boolean) => Promise<void>;
  /** Whether anything was answered since the last time it was asked. */
  readonly answered: () => boolean;
};

type Question = { readonly step: string; readonly item: string | undefined; readonly asked: EventData['step.waiting'] };

/** Undefined where nobody sits at the terminal. Once `interrupted`, nothing is asked any more. */
export function createClerk(terminal: Terminal, interrupted: AbortSignal): Clerk | undefined {
  const { ask } = terminal;
  if (ask === undefined) return undefined;
  const left = new Set<string>();
  let stop = new AbortController();
  let handle: RunHandle | undefined;
  let work = Promise.resolve();
  let answers = 0;
  const put = async (question: Question): Promise<void> => {
    const key = JSON.stringify([question.step, question.item, question.asked.question]);
    const signal = AbortSignal.any([stop.signal, interrupted]);
    if (left.has(key) || signal.aborted || handle === undefined) return;
    for (const line of questionLines(question, terminal)) terminal.out(line);
    const given = await askUntilFit(question, ask, signal);
    if (given === undefined) {
      left.add(key);
      return;
    }
    if (await give(handle, question, { given, terminal })) answers++;
  };
  return {
    note(event) {
      if (event.type !== 'step.waiting') return;
      const question = { step: event.step ?? '', item: event.item, asked: event.data };
      work = work.then(() => put(question));
      // `close` rejects with it.
      work.catch(() => undefined);
    },
    serve(next) {
      handle = next;
      stop = new AbortController();
    },
    async close(waits) {
      if (!waits) stop.abort();
      await work;
    },
    answered() {
      const some = answers > 0;
      answers = 0;
      return some;
    },
  };
}

function questionLines({ step, item, asked }: Question, { paint }: Terminal): string[] {
  const name = item === undefined ? step : `${step} ${harmless(item)}`;
  const options = (asked.options ?? []).map((option, at) => `  ${at + 1}  ${harmless(option)}`);
  const how = options.length === 0 ? 'Write an answer' : 'Write its number or the answer itself';
  return [
    `${paint('bold', name)} asks: ${harmless(asked.question)}`,
    ...options,
    paint('dim', `${how}; ${rejects} says no; Enter alone leaves it waiting.`),
  ];
}

const rejects = '/reject';

type Given = { readonly granted: boolean; readonly answer?: string };

async function askUntilFit(
  { asked: { options } }: Question,
  ask: NonNullable<Terminal['ask']>,
  signal: AbortSignal,
): Promise<Given | undefined> {
  for (;;) {
    const line = (await ask('> ', signal))?.trim();
    if (line === undefined || line === '') return undefined;
    if (line === rejects) return { granted: false };
    const answer = options === undefined || options.includes(line) ? line : options[Number(line) - 1];
    if (answer !== undefined) return { granted: true, answer };
  }
}

type Giving = { readonly given: Given; readonly terminal: Terminal };

/** False when it counts no more: it was answered elsewhere, or too late. */
async function give(handle: RunHandle, { step, item }: Question, { given, terminal }: Giving): Promise<boolean> {
  const { granted, answer } = given;
  try {
    await handle.answer(step, answer, { item, granted, by: userInfo().username });
    return true;
  } catch (error) {
    if (!OrchError.is(error) || error.code !== 'usage') throw error;
    for (const line of errorLines(error, terminal)) terminal.err(line);
    return false;
  }
}
