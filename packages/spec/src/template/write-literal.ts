/**
 * A text as it is written in a template, so that it stays what it is: from the first to the last of what would be a tag
 * it stands in `{% raw %}`. `next` is what comes after it: a tag, or nothing.
 */
export function writeLiteral(text: string, next = ''): string {
  const [start, end] = spanOfTags(text, next);
  if (start === end) return text;
  const inner = text.slice(start, end).replace(/\{(?=%-?\s*endraw)/g, '{{% endraw %}{% raw %}');
  return `${text.slice(0, start)}{% raw %}${inner}{% endraw %}${text.slice(end)}`;
}

function spanOfTags(text: string, next: string): readonly [start: number, end: number] {
  const first = /[${]*\{[{%]/.exec(text);
  const joining = endThatJoins(text, next);
  if (joining !== undefined) return [first?.index ?? joining, text.length];
  if (first === null) return [0, 0];
  const opened = Math.max(text.lastIndexOf('{{'), text.lastIndexOf('{%')) + 2;
  const closer = /[}%]\}+/g;
  closer.lastIndex = opened;
  return [first.index, closer.test(text) ? closer.lastIndex : opened];
}

/** Where the signs at the end begin that would be one with the tag after them: `{` and `{{`, or the `${{` of other tools. */
function endThatJoins(text: string, next: string): number | undefined {
  const joins = (text.endsWith('{') && next.startsWith('{')) || (text.endsWith('$') && next.startsWith('{{'));
  return joins ? /[${]+$/.exec(text)?.index : undefined;
}
