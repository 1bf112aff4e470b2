/** A model's answer without the `<think>` block that some begin with, and well-formed Unicode. */
export function answerText(text: string): string {
  const answer = text.toWellFormed().trimStart();
  const end = answer.startsWith('<think>') ? answer.indexOf('</think>') : -1;
  return end === -1 ? answer : answer.slice(end + '</think>'.length);
}

/** Its lines, whatever line ends it was written with. */
export function answerLines(text: string): string[] {
  const lines = answerText(text).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
