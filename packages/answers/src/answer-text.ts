/** A model's answer without the `<think>` block that some begin with, and well-formed Unicode. */
export function answerText(text: string): string {
  const answer = text.toWellFormed().trimStart();
  const end = answer.startsWith('<think>') ? answer.indexOf('</think>') : -1;
  return end === -1 ? answer : answer.slice(end + '</think>'.length);
}

/** Lines of an answer, whatever line ends it was written with, and the number that the first one has in it. */
export type Lines = { readonly lines: readonly string[]; readonly first: number };

export function answerLines(text: string): Lines {
  const answer = answerText(text);
  const lines = linesOf(answer);
  const skipped = text.slice(0, text.length - answer.length);
  return { lines, first: skipped.split('\n').length };
}

export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
