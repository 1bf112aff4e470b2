import type { DiffFault, DiffHunk, FileDiff } from './file-diff.ts';
import { nameInHeader, namesInGitLine, withoutPrefixes } from './diff-names.ts';
import type { DiffNames } from './diff-names.ts';
import { readHunk, shown, startsNames } from './read-hunk.ts';
import type { DiffText } from './read-hunk.ts';
import { tidy, whyOutside } from './why-outside.ts';

export type ReadFileDiff = { readonly file: FileDiff; readonly end: number };

const gitLine = 'diff --git ';

/** Whether a file's part of a diff starts at a line. */
export function startsFile(lines: readonly string[], at: number): boolean {
  return (lines[at] ?? '').startsWith(gitLine) || startsNames(lines, at);
}

/** Reads what a diff says of the file whose header stands at a line; `named`: for one that has hunks only. */
export function readFileDiff(text: DiffText, at: number, named?: string): ReadFileDiff | DiffFault {
  const header = named === undefined ? readHeader(text.lines, at) : headerOf(named, at);
  if ('why' in header) return header;
  const hunks: DiffHunk[] = [];
  let end = header.end;
  for (;;) {
    const next = skipBlanks(text.lines, end);
    if (text.lines[next]?.startsWith('@@') !== true) break;
    const read = readHunk(text, next);
    if ('why' in read) return read;
    hunks.push(read.hunk);
    end = read.end;
  }
  const file = toFile(header, hunks);
  return typeof file === 'string' ? { at, why: file } : { file, end };
}

type Header = {
  readonly names: DiffNames;
  readonly end: number;
  readonly words: ReadonlyMap<string, string>;
};

function headerOf(path: string, end: number): Header {
  return { names: { old: path, new: path }, end, words: new Map() };
}

/** Lines of Git's extended header: https://git-scm.com/docs/diff-format#generate_patch_text_with_p */
const extended =
  /^(old mode|new mode|new file mode|deleted file mode|similarity index|dissimilarity index|index|rename from|rename to|copy from|copy to) (.+?)\r?$/;

function readHeader(lines: readonly string[], start: number): Header | DiffFault {
  const first = (lines[start] ?? '').trimEnd();
  const isGit = first.startsWith(gitLine);
  const words = new Map<string, string>();
  let at = isGit ? start + 1 : start;
  for (; isGit; at++) {
    const [, word, value] = extended.exec(lines[at] ?? '') ?? [];
    if (word === undefined || value === undefined) break;
    words.set(word, value);
  }
  if (/^(?:Binary files .* differ|GIT binary patch)/.test(lines[at] ?? '')) {
    return { at, why: 'expected lines of text, got a binary file' };
  }
  const git = isGit ? namesInGitLine(first.slice(gitLine.length)) : undefined;
  if (startsNames(lines, at)) return { names: writtenNames(lines, at, git), end: at + 2, words };
  const names = renamed(words) ?? git;
  if (names === undefined) return { at: start, why: `expected the names of a file, got ${shown(first)}` };
  return { names: withoutPrefixes(names), end: at, words };
}

function writtenNames(lines: readonly string[], at: number, git: DiffNames | undefined): DiffNames {
  const old = nameIn(lines[at]);
  const after = nameIn(lines[at + 1]);
  const hasNone = old === undefined || after === undefined;
  const isPlain = hasNone && git !== undefined && withoutPrefixes(git).old === git.old;
  return isPlain ? { old, new: after } : withoutPrefixes({ old, new: after });
}

function nameIn(line: string | undefined): string | undefined {
  const name = nameInHeader((line ?? '').slice(4).replace(/\r$/, ''));
  return name === '/dev/null' ? undefined : name;
}

/** The names of a file that was renamed or copied have no prefixes; they get some, which are taken away again. */
function renamed(words: ReadonlyMap<string, string>): DiffNames | undefined {
  const old = words.get('rename from') ?? words.get('copy from');
  const after = words.get('rename to') ?? words.get('copy to');
  if (old === undefined || after === undefined) return undefined;
  return { old: `a/${nameInHeader(old)}`, new: `b/${nameInHeader(after)}` };
}

/** What the header and the hunks come to, or why they come to nothing. */
function toFile({ names, words }: Header, hunks: readonly DiffHunk[]): FileDiff | string {
  const outside = [names.old, names.new].map(whyRefused).find((why) => why !== undefined);
  if (outside !== undefined) return outside;
  const change = changeOf(names, words);
  if (typeof change === 'string') return change;
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const insertions = lines.filter(({ kind }) => kind === 'added').length;
  const deletions = lines.filter(({ kind }) => kind === 'deleted').length;
  const mode = modeOf(words) ?? (change.change === 'added' ? '100644' : undefined);
  if (mode === 'other') return 'expected a file of mode 100644 or 100755, not a link or another repository';
  if (change.change === 'added' && insertions < lines.length)
    return `expected only new lines in ${change.path}, a new file`;
  if (change.change === 'deleted' && deletions < lines.length)
    return `expected only old lines in ${change.path}, which goes`;
  if (hunks.length === 0 && !changesAlone(change.change, words)) return `expected a change of ${change.path}, got none`;
  return { ...change, hunks, insertions, deletions, ...(mode !== undefined && { mode }) };
}

/** Whether the header alone changes something. */
function changesAlone(change: Changed['change'], words: ReadonlyMap<string, string>): boolean {
  if (change === 'added') return words.has('new file mode');
  if (change === 'deleted') return words.has('deleted file mode');
  return change !== 'modified' || words.has('new mode');
}

function whyRefused(path: string | undefined): string | undefined {
  const outside = path === undefined ? undefined : whyOutside(path);
  return outside && `expected a path inside the project, got ${JSON.stringify(path)}: ${outside}`;
}

type Changed =
  | { readonly change: 'modified' | 'added' | 'deleted'; readonly path: string }
  | { readonly change: 'renamed' | 'copied'; readonly path: string; readonly from: string };

function changeOf(names: DiffNames, words: ReadonlyMap<string, string>): Changed | string {
  const old = names.old === undefined ? undefined : tidy(names.old);
  const after = names.new === undefined ? undefined : tidy(names.new);
  if (old === undefined || after === undefined) {
    const path = after ?? old;
    if (path === undefined) return 'expected the name of a file, got /dev/null twice';
    return { change: old === undefined ? 'added' : 'deleted', path };
  }
  if (old !== after && words.has('rename to')) return { change: 'renamed', path: after, from: old };
  if (old !== after && words.has('copy to')) return { change: 'copied', path: after, from: old };
  if (old !== after) return `expected one name, or "rename from" and "rename to", got ${old} and ${after}`;
  if (words.has('new file mode')) return { change: 'added', path: after };
  return { change: words.has('deleted file mode') ? 'deleted' : 'modified', path: after };
}

function modeOf(words: ReadonlyMap<string, string>): FileDiff['mode'] | 'other' {
  const modes = ['old mode', 'deleted file mode', 'new mode', 'new file mode'].map((word) => words.get(word));
  const same = / (\d{6})$/.exec(words.get('index') ?? '')?.[1];
  const known = [...modes, same].filter((mode) => mode !== undefined);
  if (known.some((mode) => mode !== '100644' && mode !== '100755')) return 'other';
  return (words.get('new mode') ?? words.get('new file mode')) as FileDiff['mode'];
}

function skipBlanks(lines: readonly string[], at: number): number {
  let next = at;
  while (lines[next]?.trim() === '') next++;
  return next;
}
