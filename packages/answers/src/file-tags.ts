import type { BlockReader } from './blocks.ts';
import { nameInTag } from './block-name.ts';

const opening = /^\s*<(file|document|code|source|artifact)(?:\s+([^>]{1,400}))?>(.*)$/i;
/** In the place of attributes: a tag of its own that holds the name, and perhaps one around the content. */
const nameTag = /^\s*<(path|name|file_?name|file_?path)>([^<]{1,400})<\/\1>(.*)$/i;
const contentTag = /^\s*<(content|contents|code|source)>(.*)$/i;

type Opening = {
  /** What names the file, as attributes. */
  readonly tag: string;
  /** The first line behind it, and what of that line is content. */
  readonly line: number;
  readonly rest: string;
  readonly closing: string;
  /** The tag around the content alone. */
  readonly inner?: string;
};

/**
 * Reads `<file path="x">` … `</file>`, or `<file><path>x</path>` …; the tag may be called otherwise where it names a
 * file. The end tag stands alone on a line, where tags inside pair up, or else at the end of one.
 */
export function fileTags(lines: readonly string[]): BlockReader {
  const openings = new Map(lines.flatMap((_, line) => entryOf(lines, line)));
  const ends = pairTags(lines, openings);
  return (start) => {
    const open = openings.get(start);
    if (open === undefined) return undefined;
    const { tag, rest, closing, inner } = open;
    const by = { tag };
    if (endsBlock(rest, closing)) {
      return { start, end: open.line, closed: true, by, lines: bare(written([beforeEnd(rest, closing)]), inner) };
    }
    const first = rest.trim() === '' ? [] : [rest];
    const end = ends.get(start);
    if (end === undefined) {
      return { start, end: lines.length, closed: false, by, lines: [...first, ...lines.slice(open.line + 1)] };
    }
    const last = written([beforeEnd(lines[end] ?? '', closing)]);
    const within = [...first, ...lines.slice(open.line + 1, end), ...last];
    return { start, end, closed: true, by, lines: bare(within, inner) };
  };
}

function entryOf(lines: readonly string[], line: number): [number, Opening][] {
  const found = openingAt(lines, line);
  return found === undefined ? [] : [[line, found]];
}

function openingAt(lines: readonly string[], line: number): Opening | undefined {
  const [, name = '', attributes = '', rest = ''] = opening.exec(lines[line] ?? '') ?? [];
  if (name === '' || attributes.endsWith('/')) return undefined;
  const closing = `</${name.toLowerCase()}>`;
  if (nameInTag(attributes) !== undefined) return { tag: attributes, line, rest, closing };
  if (attributes !== '') return undefined;
  return namedInside(lines, { line, rest, closing });
}

/** The name stands in a tag of its own, right behind the opening one. */
function namedInside(lines: readonly string[], { line, rest, closing }: Omit<Opening, 'tag'>): Opening | undefined {
  const at = rest.trim() === '' ? line + 1 : line;
  const [, , path, behind = ''] = nameTag.exec(rest.trim() === '' ? (lines[at] ?? '') : rest) ?? [];
  if (path === undefined) return undefined;
  const tag = `path="${path.trim()}"`;
  const next = behind.trim() === '' ? at + 1 : at;
  const [, inner, content = ''] = contentTag.exec(behind.trim() === '' ? (lines[next] ?? '') : behind) ?? [];
  if (inner === undefined) return { tag, line: at, rest: behind, closing };
  return { tag, line: next, rest: content, closing, inner: `</${inner.toLowerCase()}>` };
}

/** Without the tag that ends the content alone. */
function bare(lines: readonly string[], inner: string | undefined): readonly string[] {
  if (inner === undefined) return lines;
  const last = lines.findLastIndex((line) => line.trim() !== '');
  const text = lines[last] ?? '';
  return endsBlock(text, inner) ? [...lines.slice(0, last), ...written([beforeEnd(text, inner)])] : lines;
}

/** For each line that opens a block, the one that closes it; none for a block on one line, or that nothing closes. */
function pairTags(lines: readonly string[], openings: ReadonlyMap<number, Opening>): Map<number, number> {
  const ends = new Map<number, number>();
  const open: [number, Opening][] = [];
  for (const [line, text] of lines.entries()) {
    const opened = openings.get(line);
    if (opened !== undefined && !endsBlock(opened.rest, opened.closing)) open.push([line, opened]);
    else if (text.trim().toLowerCase() === open.at(-1)?.[1].closing) ends.set(open.pop()?.[0] as number, line);
  }
  closeLoosely(lines, { open, openings, ends });
  return ends;
}

type Unpaired = {
  readonly open: readonly [number, Opening][];
  readonly openings: ReadonlyMap<number, Opening>;
  readonly ends: Map<number, number>;
};

/** What no line of its own closes ends where a line ends with the tag, unless another block begins before. */
function closeLoosely(lines: readonly string[], { open, openings, ends }: Unpaired): void {
  let at = lines.length - 1;
  for (const [line, { closing }] of open.toReversed()) {
    let end: number | undefined;
    for (; at > line; at--) if (endsLoosely(lines[at] ?? '', closing) && !openings.has(at)) end = at;
    if (end !== undefined) ends.set(line, end);
  }
}

function endsLoosely(text: string, closing: string): boolean {
  return endsBlock(text, closing) && text.trim().toLowerCase() !== closing;
}

function endsBlock(text: string, closing: string): boolean {
  return text.trimEnd().toLowerCase().endsWith(closing);
}

function beforeEnd(text: string, closing: string): string {
  return text.trimEnd().slice(0, -closing.length);
}

function written(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== '');
}
