import type { DiffFault, DiffHunk, DiffLine } from './file-diff.ts';

/** Lines in which diffs are looked for. */
export type DiffText = {
  readonly lines: readonly string[];
  /** Nothing but diffs, as in a fenced block; otherwise prose may stand around them. */
  readonly isBare: boolean;
};

export type ReadHunk = { readonly hunk: DiffHunk; readonly end: number };

const header = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;

/**
 * Reads the hunk whose header stands at a line. Its counts say where it ends; where they are wrong, as models count
 * badly, it goes on as long as lines look like those of a hunk.
 */
export function readHunk(text: DiffText, at: number): ReadHunk | DiffFault {
  const [found, oldStart, oldCount = '1', newStart, newCount = '1'] = header.exec(text.lines[at] ?? '') ?? [];
  if (found === undefined) return { at, why: `expected "@@ -line,count +line,count @@", got ${shown(text.lines[at])}` };
  const counts = { old: Number(oldCount), new: Number(newCount) };
  const body = countedEnd(text, at + 1, counts) ?? looseEnd(text, at + 1, counts);
  if (typeof body !== 'number') return body;
  const lines = linesOf(text, at + 1, body);
  if ('why' in lines) return lines;
  if (!lines.some(({ kind }) => kind !== 'context')) return { at, why: 'expected a hunk that changes something' };
  return { hunk: { oldStart: Number(oldStart), newStart: Number(newStart), lines }, end: body };
}

type Counts = { readonly old: number; readonly new: number };

/** The line behind the hunk when its counts are right. */
function countedEnd(text: DiffText, start: number, counts: Counts): number | undefined {
  let { old, new: after } = counts;
  let at = start;
  for (; old > 0 || after > 0; at++) {
    const sign = signOf(text.lines[at]);
    if (sign === undefined) return undefined;
    if (sign === ' ' || sign === '-') old--;
    if (sign === ' ' || sign === '+') after--;
  }
  if (old < 0 || after < 0) return undefined;
  if (signOf(text.lines[at]) === '\\') at++;
  const isTrusted = !text.isBare && at > start;
  return isTrusted || isEnd(text.lines, at) ? at : undefined;
}

/** The line behind the last one that looks like one of a hunk. */
function looseEnd(text: DiffText, start: number, counts: Counts): number | DiffFault {
  const { lines, isBare } = text;
  let at = start;
  while (signOf(lines[at]) !== undefined && !startsNext(lines, at)) at++;
  let end = at;
  while (end > start && isBlank(lines[end - 1])) end--;
  if (at < lines.length && startsNext(lines, at)) return end;
  if (at < lines.length && (isBare || end === at)) {
    return { at, why: `expected a line that starts with " ", "+", "-" or "\\", got ${shown(lines[at])}` };
  }
  return isBare ? end : (cutShort(lines, { start, end }, counts) ?? end);
}

/** Where prose or the end of the text follows before the hunk is whole. */
function cutShort(
  lines: readonly string[],
  part: { start: number; end: number },
  counts: Counts,
): DiffFault | undefined {
  const signs = lines.slice(part.start, part.end).map(signOf);
  const old = signs.filter((sign) => sign === ' ' || sign === '-').length;
  const after = signs.filter((sign) => sign === ' ' || sign === '+').length;
  if (old >= counts.old && after >= counts.new) return undefined;
  const why = `expected ${counts.old} old and ${counts.new} new lines, there are ${old} and ${after}`;
  return { at: part.start - 1, why };
}

const kinds = { ' ': 'context', '-': 'deleted', '+': 'added' } as const;

function linesOf({ lines }: DiffText, start: number, end: number): DiffLine[] | DiffFault {
  const carriage = lines[start - 1]?.endsWith('\r') === true;
  const found: DiffLine[] = [];
  for (let at = start; at < end; at++) {
    const line = lines[at] ?? '';
    const sign = signOf(line) ?? ' ';
    const last = found.at(-1);
    if (sign === '\\') {
      if (last === undefined) return { at, why: `expected a line before ${shown(line)}` };
      found[found.length - 1] = { ...last, endless: true };
      continue;
    }
    const whole = carriage && line.endsWith('\r') ? line.slice(0, -1) : line;
    found.push({ kind: kinds[sign], text: whole.slice(1) });
  }
  const early = endlessTooEarly(found);
  return early ? { at: start - 1, why: 'expected no line of the file behind the one that ends it' } : found;
}

function endlessTooEarly(lines: readonly DiffLine[]): boolean {
  const sides = [lines.filter(({ kind }) => kind !== 'added'), lines.filter(({ kind }) => kind !== 'deleted')];
  return sides.some((side) => side.slice(0, -1).some(({ endless }) => endless === true));
}

type Sign = ' ' | '+' | '-' | '\\';

/** A line with nothing in it is an empty one that did not change: its space was lost. */
function signOf(line: string | undefined): Sign | undefined {
  if (isBlank(line)) return ' ';
  const char = line?.[0];
  return char === ' ' || char === '+' || char === '-' || char === '\\' ? char : undefined;
}

function isBlank(line: string | undefined): boolean {
  return line === '' || line === '\r';
}

function isEnd(lines: readonly string[], at: number): boolean {
  const line = lines[at];
  return line === undefined || isBlank(line) || signOf(line) === undefined || startsNext(lines, at);
}

/** What ends a hunk also where its counts do not: another hunk or file, or the signature of a mail. */
function startsNext(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  if (line.startsWith('@@') || line.startsWith('diff --git ') || isSignature(lines, at)) return true;
  return startsNames(lines, at) && (lines[at + 2] ?? '').startsWith('@@');
}

/** As `git format-patch` ends its mails. */
export function isSignature(lines: readonly string[], at: number): boolean {
  return /^-- \r?$/.test(lines[at] ?? '') && /^\d+(?:\.\d+)+/.test(lines[at + 1] ?? '');
}

/** `--- x` with `+++ x` below it. */
export function startsNames(lines: readonly string[], at: number): boolean {
  return (lines[at] ?? '').startsWith('--- ') && (lines[at + 1] ?? '').startsWith('+++ ');
}

export function shown(line: string | undefined): string {
  if (line === undefined) return 'the end of the text';
  const text = line.trimEnd();
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text);
}
