import type { BlockReader } from './blocks.ts';

const opening = /^\s*<file\s([^>]{1,400})>(.*)$/;
const closing = '</file>';

/** Reads `<file path="x">` … `</file>`; the end tag stands at the end of the same line or alone on a later one. */
export function fileTags(lines: readonly string[]): BlockReader {
  const lastClosing = lines.findLastIndex(isClosing);
  return (start) => {
    const [, tag = '', rest = ''] = opening.exec(lines[start] ?? '') ?? [];
    if (tag === '' || tag.endsWith('/')) return undefined;
    if (rest.trimEnd().endsWith(closing)) {
      const content = rest.slice(0, rest.lastIndexOf(closing));
      return { start, end: start, by: { tag }, lines: content === '' ? [] : [content] };
    }
    if (start >= lastClosing) return undefined;
    let end = start + 1;
    while (!isClosing(lines[end] as string)) end++;
    return { start, end, by: { tag }, lines: [...(rest.trim() === '' ? [] : [rest]), ...lines.slice(start + 1, end)] };
  };
}

function isClosing(line: string): boolean {
  return line.trim() === closing;
}
