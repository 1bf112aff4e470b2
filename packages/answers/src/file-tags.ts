import type { BlockReader } from './blocks.ts';

const opening = /^\s*<file\s([^>]{1,400})>(.*)$/i;
const closing = '</file>';

/**
 * Reads `<file path="x">` … `</file>`. The end tag stands alone on a line, where tags inside pair up, or else at the end
 * of one.
 */
export function fileTags(lines: readonly string[]): BlockReader {
  const ends = pairTags(lines);
  return (start) => {
    const [, tag = '', rest = ''] = openingAt(lines, start) ?? [];
    if (tag === '') return undefined;
    const by = { tag };
    if (endsBlock(rest)) return { start, end: start, closed: true, by, lines: written([beforeEnd(rest)]) };
    const first = rest.trim() === '' ? [] : [rest];
    const end = ends.get(start);
    if (end === undefined) {
      return { start, end: lines.length, closed: false, by, lines: [...first, ...lines.slice(start + 1)] };
    }
    const last = written([beforeEnd(lines[end] ?? '')]);
    return { start, end, closed: true, by, lines: [...first, ...lines.slice(start + 1, end), ...last] };
  };
}

/** For each line that opens a block, the one that closes it; none for a block on one line, or that nothing closes. */
function pairTags(lines: readonly string[]): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (const [line, text] of lines.entries()) {
    const [, , rest] = openingAt(lines, line) ?? [];
    if (rest !== undefined && !endsBlock(rest)) open.push(line);
    else if (isEnd(text) && open.length > 0) ends.set(open.pop() as number, line);
  }
  closeLoosely(lines, open, ends);
  return ends;
}

/** What no line of its own closes ends where a line ends with the tag, unless another block begins before. */
function closeLoosely(lines: readonly string[], open: readonly number[], ends: Map<number, number>): void {
  let at = lines.length - 1;
  for (const line of open.toReversed()) {
    let end: number | undefined;
    for (; at > line; at--) if (endsLoosely(lines, at)) end = at;
    if (end !== undefined) ends.set(line, end);
  }
}

function endsLoosely(lines: readonly string[], line: number): boolean {
  const text = lines[line] ?? '';
  return endsBlock(text) && !isEnd(text) && openingAt(lines, line) === undefined;
}

function openingAt(lines: readonly string[], line: number): RegExpExecArray | undefined {
  const found = opening.exec(lines[line] ?? '');
  return found === null || found[1]?.endsWith('/') === true ? undefined : found;
}

function isEnd(line: string): boolean {
  return line.trim().toLowerCase() === closing;
}

function endsBlock(text: string): boolean {
  return text.trimEnd().toLowerCase().endsWith(closing);
}

function beforeEnd(text: string): string {
  return text.trimEnd().slice(0, -closing.length);
}

function written(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== '');
}
