import type { OrchError } from '@orch/contracts';

/** Characters: an event has to fit its line. */
const longest = 4_096;

/** An error in the words of the log; a message of more than 4 kB is cut. */
export function failureData({ kind, code, message, hint }: OrchError) {
  return { kind, code, message: cut(message), ...(hint === undefined ? {} : { hint: cut(hint) }) };
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)} …` : text;
}
