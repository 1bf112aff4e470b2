import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { diffTexts } from './diff-texts.ts';
import type { PlacedText } from './diff-texts.ts';
import type { DiffFault, FileDiff } from './file-diff.ts';
import { readFileDiff, startsFile } from './read-file-diff.ts';
import { isSignature, shown } from './read-hunk.ts';

type Placed = { readonly file: FileDiff; readonly line: number };

/**
 * What the unified diffs in a text do, one entry a file, in the order of their first mention: in fenced blocks, or as
 * `git diff` prints them with prose around. Hunks whose counts are wrong are read as far as their lines go; several
 * diffs of one file are joined. Never throws, in time proportional to the text.
 *
 * Errors: `bad_answer` when there is none, and for one that is malformed, cut, binary, changes nothing, or names a file
 * outside the project; `details.line` is the line of the text.
 */
export function parseDiffs(text: string): Result<FileDiff[]> {
  const files = new Map<string, Placed[]>();
  for (const part of diffTexts(text)) {
    const found = part.isWhole ? readAll(part) : { at: -1, why: 'expected a whole diff, nothing ends its block' };
    if ('why' in found) return err(refusal(found.why, part.first + found.at));
    for (const placed of found) {
      const known = files.get(placed.file.path);
      const clash = known?.[0] && clashOf(known[0], placed);
      if (clash !== undefined) return err(refusal(clash, placed.line));
      if (known === undefined) files.set(placed.file.path, [placed]);
      else known.push(placed);
    }
  }
  return files.size === 0 ? err(noDiff()) : ok([...files.values()].map(joined));
}

function readAll(part: PlacedText): Placed[] | DiffFault {
  const found: Placed[] = [];
  for (let at = 0; at < part.lines.length;) {
    const named = found.length === 0 && part.lines[at]?.startsWith('@@') === true ? part.named : undefined;
    if (named === undefined && !startsFile(part.lines, at)) {
      const fault = strayAt(part, at);
      if (fault !== undefined) return fault;
      at++;
      continue;
    }
    const read = readFileDiff(part, at, named);
    if ('why' in read) return read;
    found.push({ file: read.file, line: part.first + at });
    at = read.end;
  }
  return found;
}

/** A line that belongs to a hunk, and stands in none. In prose a dash means nothing. */
function strayAt({ lines, isBare }: PlacedText, at: number): DiffFault | undefined {
  const line = lines[at] ?? '';
  const isStray = isBare ? /^[-+@]/.test(line) && !isSignature(lines, at) : line.startsWith('@@ -');
  if (!isStray) return undefined;
  return { at, why: `expected "--- a/name" and "+++ b/name" before the lines of a hunk, got ${shown(line)}` };
}

function clashOf(known: Placed, { file, line }: Placed): string | undefined {
  if (known.file.change === 'modified' && file.change === 'modified') return undefined;
  return `expected one diff of ${file.path}, got one in line ${known.line} and another in line ${line}`;
}

/** A model may tell what it changes in a file bit by bit. */
function joined(parts: readonly Placed[]): FileDiff {
  const files = parts.map(({ file }) => file);
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const mode = files.findLast((file) => file.mode !== undefined)?.mode;
  return {
    ...(files[0] as FileDiff),
    hunks: files.flatMap((file) => file.hunks),
    insertions: sum(files.map((file) => file.insertions)),
    deletions: sum(files.map((file) => file.deletions)),
    ...(mode !== undefined && { mode }),
  };
}

function refusal(why: string, line: number): OrchError {
  return new OrchError('bad_answer', `Line ${line} of the diff: ${why}.`, { details: { line } });
}

function noDiff(): OrchError {
  return new OrchError('bad_answer', 'Expected a unified diff, found none.', {
    hint: 'Ask for a diff as `git diff` prints it, in one fenced block.',
  });
}
