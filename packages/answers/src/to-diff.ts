import type { DiffHunk, DiffLine, FileDiff } from './file-diff.ts';

/** Prints diffs as `git diff` does, with counts that are right; `parseDiffs` reads the same back. */
export function toDiff(files: readonly FileDiff[]): string {
  return files.map(printed).join('');
}

function printed(file: FileDiff): string {
  const { path, change, hunks } = file;
  const old = file.change === 'renamed' || file.change === 'copied' ? file.from : path;
  const names = [
    `--- ${change === 'added' ? '/dev/null' : named(`a/${old}`)}\n`,
    `+++ ${change === 'deleted' ? '/dev/null' : named(`b/${path}`)}\n`,
  ];
  return [
    `diff --git ${quoted(`a/${old}`)} ${quoted(`b/${path}`)}\n`,
    ...header(file),
    ...(hunks.length === 0 ? [] : names),
    ...hunks.map(printedHunk),
  ].join('');
}

function header(file: FileDiff): string[] {
  if (file.change === 'added') return [`new file mode ${file.mode ?? '100644'}\n`];
  if (file.change === 'deleted') return ['deleted file mode 100644\n'];
  const mode = file.mode === undefined ? [] : [`old mode ${other(file.mode)}\n`, `new mode ${file.mode}\n`];
  if (file.change !== 'renamed' && file.change !== 'copied') return mode;
  const word = file.change === 'renamed' ? 'rename' : 'copy';
  return [...mode, `${word} from ${quoted(file.from)}\n`, `${word} to ${quoted(file.path)}\n`];
}

function other(mode: string): string {
  return mode === '100644' ? '100755' : '100644';
}

/** Behind a name with a space Git puts a tab, so that nobody takes what follows for a time. */
function named(name: string): string {
  return name.includes(' ') ? `${quoted(name)}\t` : quoted(name);
}

function quoted(name: string): string {
  return name.includes('"') ? JSON.stringify(name) : name;
}

const signs = { context: ' ', deleted: '-', added: '+' } as const;

function printedHunk({ oldStart, newStart, lines }: DiffHunk): string {
  const old = lines.filter(({ kind }) => kind !== 'added').length;
  const after = lines.filter(({ kind }) => kind !== 'deleted').length;
  return [`@@ -${oldStart},${old} +${newStart},${after} @@\n`, ...lines.map(printedLine)].join('');
}

function printedLine({ kind, text, endless }: DiffLine): string {
  return `${signs[kind]}${text}\n${endless === true ? '\\ No newline at end of file\n' : ''}`;
}
