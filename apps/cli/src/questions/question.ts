import { join } from 'node:path';
import type { EventData, OrchEvent } from '@orch/contracts';
import { readLog } from '@orch/sdk';
import type { AnyEvent } from '@orch/sdk';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless, inLines } from '../terminal/words.ts';

/** What a step or item of a run asks a person. */
export type Question = {
  readonly step: string;
  readonly item: string | undefined;
  readonly asked: EventData['step.waiting'];
};

/** A fan-out whose items are asked about waits too: itself it is `unasked`. */
export type Standing = 'unasked' | 'open' | Over;

export type Over = {
  /** Follows the name of what asked. */
  readonly why: string;
  /** The run has something to go on with. */
  readonly goesOn: boolean;
};

export const rejects = '/reject';

export function nameOf({ step, item }: Question): string {
  return item === undefined ? step : `${step} ${harmless(item)}`;
}

export function questionLines(question: Question, { paint }: Terminal): string[] {
  const { asked } = question;
  const options = (asked.options ?? []).map((option, at) => `  ${at + 1}  ${harmless(option)}`);
  const how =
    options.length === 0
      ? 'Write yes, no or an answer in words'
      : `Write its number or the answer itself; ${rejects} says no`;
  return [
    `${paint('bold', nameOf(question))} asks: ${inLines(asked.question)}`,
    ...options,
    paint('dim', `${how}; Enter alone leaves it waiting.`),
  ];
}

/** What the log of the run in `dir` tells of a question now. */
export async function standingOf(dir: string, question: Question): Promise<Standing> {
  let standing: Standing = 'unasked';
  for await (const event of readLog(join(dir, 'events.jsonl'))) standing = standingAfter(standing, event, question);
  return standing;
}

/** What an event makes of a question. */
export function standingAfter(before: Standing, known: AnyEvent, question: Question): Standing {
  const event = known as OrchEvent;
  if (event.type === 'job.canceled') return { why: 'the run was canceled', goesOn: false };
  if (event.step !== question.step || event.item !== question.item) return before;
  switch (event.type) {
    case 'approval.requested':
      return isAbout(event.data, question) ? 'open' : before;
    case 'approval.granted':
    case 'approval.rejected':
      if (!isAbout(event.data, question)) return before;
      return { why: `${harmless(event.data.by)} answered it elsewhere`, goesOn: true };
    case 'step.failed':
      return event.data.code === 'expired' ? expired(question) : before;
    default:
      return before;
  }
}

export function expired({ asked: { expires_at: at } }: Question): Over {
  return { why: `it expired at ${at}`, goesOn: true };
}

function isAbout(data: Question['asked'], { asked }: Question): boolean {
  return data.question === asked.question && data.input_hash === asked.input_hash;
}
