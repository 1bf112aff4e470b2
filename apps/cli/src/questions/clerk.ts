import { unwatchFile, watchFile } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { OrchEvent } from '@orch/contracts';
import type { RunHandle } from '@orch/sdk';
import { errorLines } from '../describe/explain-error.ts';
import { openPrompt } from './open-prompt.ts';
import type { Prompt } from './open-prompt.ts';
import { nameOf, questionLines, standingAfter, standingOf } from './question.ts';
import type { Over, Question, Standing } from './question.ts';
import type { Given } from './read-answer.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Puts the questions of a run to the person at the terminal, one after another, while the run goes on. */
export type Clerk = {
  readonly note: (event: OrchEvent) => void;
  /** Whose questions they are from now on. */
  readonly serve: (handle: RunHandle) => void;
  /** Resolves when nothing is asked any more; unless it `waits` for that, what is still asked is left. */
  readonly close: (waits: boolean) => Promise<void>;
  /** Whether anything was answered, here or elsewhere, or expired since the last time it was asked. */
  readonly answered: () => boolean;
};

/** How often the log of a run that ended is looked at for what others answered, in milliseconds. */
const pollMs = 300;

/** Undefined where nobody sits at the terminal. Once `interrupted`, nothing is asked any more. */
export function createClerk(terminal: Terminal, interrupted: AbortSignal): Clerk | undefined {
  const { ask } = terminal;
  if (ask === undefined) return undefined;
  const left = new Set<string>();
  let stop = new AbortController();
  let handle: RunHandle | undefined;
  let work = Promise.resolve();
  let prompt: Prompt | undefined;
  let answers = 0;

  const put = async (question: Question): Promise<void> => {
    const key = JSON.stringify([question.step, question.item, question.asked.question]);
    const signal = AbortSignal.any([stop.signal, interrupted]);
    if (left.has(key) || signal.aborted || handle === undefined) return;
    const standing = await standingOf(handle.dir, question);
    if (standing === 'unasked') return;
    if (standing !== 'open') return tellOver(question, standing);
    for (const line of questionLines(question, terminal)) terminal.out(line);
    prompt = openPrompt(question, { ask, say: terminal.out, signal });
    const given = await prompt.given;
    prompt = undefined;
    if (given === undefined) left.add(key);
    else if ('why' in given) tellOver(question, given);
    else if (await give(handle, question, { given, terminal })) answers++;
  };
  const tellOver = (question: Question, { why, goesOn }: Over): void => {
    terminal.out(`${nameOf(question)} asks no more: ${why}.`);
    if (goesOn) answers++;
  };
  const endPrompt = (asked: Prompt, standing: Standing): void => {
    if (asked === prompt && typeof standing === 'object') asked.end(standing);
  };
  /** What is asked after the run has ended is answered elsewhere without an event of it. */
  const untilDone = async ({ dir }: RunHandle): Promise<void> => {
    const log = join(dir, 'events.jsonl');
    const damaged = Promise.withResolvers<never>();
    const look = (): void => {
      const asked = prompt;
      if (asked === undefined) return;
      standingOf(dir, asked.question).then((standing) => endPrompt(asked, standing), damaged.reject);
    };
    watchFile(log, { interval: pollMs }, look);
    try {
      look();
      await Promise.race([work, damaged.promise]);
    } finally {
      unwatchFile(log, look);
    }
  };

  return {
    note(event) {
      if (prompt !== undefined) endPrompt(prompt, standingAfter('open', event, prompt.question));
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
      if (waits && handle !== undefined) return untilDone(handle);
      stop.abort();
      await work;
    },
    answered() {
      const some = answers > 0;
      answers = 0;
      return some;
    },
  };
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
