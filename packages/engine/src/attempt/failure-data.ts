import type { Hider, OrchError, Where } from '@orch/contracts';
import type { Journal } from '../run/journal.ts';

/** Characters: an event has to fit its line. */
const longest = 4_096;

/** An error in the words of the log, without secrets; a message of more than 4 kB is cut, after that. */
export function failureData({ kind, code, message, hint }: OrchError, hider: Hider) {
  const shown = (text: string): string => cut(hider.text(text));
  return { kind, code, message: shown(message), ...(hint === undefined ? {} : { hint: shown(hint) }) };
}

/** Logs the end of a step or item that never started: its inputs could not be read, say. */
export function failUnstarted(
  { journal, hider }: { readonly journal: Journal; readonly hider: Hider },
  where: Where,
  error: OrchError,
): { readonly status: 'failed'; readonly error: OrchError } {
  journal.push('step.failed', { ...failureData(error, hider), attempt: 0 }, where);
  return { status: 'failed', error };
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)} …` : text;
}
