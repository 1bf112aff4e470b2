import type { OrchError, Where } from '@orch/contracts';
import type { Journal } from './journal.ts';

/** Characters: an event has to fit its line. */
const longest = 4_096;

/** An error in the words of the log; a message of more than 4 kB is cut. */
export function failureData({ kind, code, message, hint }: OrchError) {
  return { kind, code, message: cut(message), ...(hint === undefined ? {} : { hint: cut(hint) }) };
}

/** Logs the end of a step or item that never started: its inputs could not be read, say. */
export function failUnstarted(
  { journal }: { readonly journal: Journal },
  where: Where,
  error: OrchError,
): { readonly status: 'failed'; readonly error: OrchError } {
  journal.push('step.failed', { ...failureData(error), attempt: 0 }, where);
  return { status: 'failed', error };
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)} …` : text;
}
