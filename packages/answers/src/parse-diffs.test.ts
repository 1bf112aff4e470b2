import { tempDir } from '@orch/testkit';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DiffHunk, DiffLine, FileDiff } from './file-diff.ts';
import { parseDiffs } from './parse-diffs.ts';
import { toDiff } from './to-diff.ts';

const F = '```';
const hunk = ['@@ -1,2 +1,2 @@', ' a', '-b', '+c'];
const plain = ['--- a/src/x.ts', '+++ b/src/x.ts', ...hunk];
const git = ['diff --git a/src/x.ts b/src/x.ts', 'index 1234567..89abcde 100644', ...plain];
const modified: FileDiff = {
  path: 'src/x.ts',
  change: 'modified',
  insertions: 1,
  deletions: 1,
  hunks: [
    {
      oldStart: 1,
      newStart: 1,
      lines: [
        { kind: 'context', text: 'a' },
        { kind: 'deleted', text: 'b' },
        { kind: 'added', text: 'c' },
      ],
    },
  ],
};
const join = (...lines: readonly string[]) => `${lines.join('\n')}\n`;
const diffs = (text: string) => {
  const found = parseDiffs(text);
  if (found.ok) return found.value;
  throw found.error;
};
const summary = (text: string) =>
  diffs(text).map(({ path, change, insertions, deletions }) => `${change} ${path} +${insertions} -${deletions}`);
const fault = (...lines: readonly string[]) => {
  const found = parseDiffs(join(...lines));
  if (found.ok) throw new Error(`expected an error, got ${JSON.stringify(found.value)}`);
  expect(found.error.code).toBe('bad_answer');
  return found.error.message;
};

describe('a diff is found', () => {
  test.each<[string, string[]]>([
    ['bare', plain],
    ['as Git prints it', git],
    ['in a fence', [`Here:\n\n${F}diff`, ...git, F, '', '- a list', '+ of words']],
    ['in a fence without a language', [F, ...plain, F]],
    ['in tildes', ['~~~patch', ...plain, '~~~']],
    ['indented in a list', ['1. Change it:', '', `   ${F}diff`, ...plain.map((line) => `   ${line}`), `   ${F}`]],
    ['in prose', ['I would do this:', '', ...git, '', 'It is shorter.', '- really']],
    ['behind thoughts', ['<think>', ...git, '+no', '</think>', ...git]],
    ['in a mail', ['From 123 Mon Sep 17', '---', ' x.ts | 2 +-', '', ...git, '-- ', '2.40.0', '']],
    ['in a mail in a fence', [`${F}diff`, ...git, '-- ', '2.40.0', F]],
    ['without prefixes', ['--- src/x.ts', '+++ src/x.ts', ...hunk]],
    ['with other prefixes', ['--- i/src/x.ts', '+++ w/src/x.ts', ...hunk]],
    ['with times', ['--- src/x.ts\t2024-01-01 10:00:00', '+++ src/x.ts 2024-01-01 10:00:00.0 +0000', ...hunk]],
    ['with quoted names', ['--- "a/src/x.ts"', '+++ "b/src/x.ts"', ...hunk]],
    ['of Subversion', ['Index: src/x.ts', '='.repeat(67), '--- src/x.ts', '+++ src/x.ts', ...hunk]],
    ['without names, in a fence that has it', [`${F}diff src/x.ts`, ...hunk, F]],
    ['without names, below it', ['### `src/x.ts`', `${F}diff`, ...hunk, F]],
    ['with a section behind the counts', [...plain.slice(0, 2), '@@ -1,2 +1,2 @@ function f() {', ...hunk.slice(1)]],
    ['without counts of one line', ['--- a/src/x.ts', '+++ b/src/x.ts', '@@ -1,2 +1,2 @@', ...hunk.slice(1)]],
    ['with counts that are wrong', [`${F}diff`, ...plain.slice(0, 2), '@@ -1,7 +1,1 @@', ...hunk.slice(1), F]],
    ['with counts of nothing', [...plain.slice(0, 2), '@@ -1,0 +1,0 @@', ...hunk.slice(1), '', 'Bye']],
  ])('%s', (_, lines) => {
    expect(diffs(join(...lines))).toEqual([modified]);
    expect(diffs(lines.map((line) => `${line}\r\n`).join(''))).toEqual([modified]);
  });

  test('of a new, a gone, a renamed, a copied and an executable file', () => {
    const text = join(
      ...['diff --git a/new.ts b/new.ts', 'new file mode 100644', '--- /dev/null', '+++ b/new.ts'],
      ...['@@ -0,0 +1,2 @@', '+one', '+two'],
      ...['diff --git a/empty b/empty', 'new file mode 100755', 'index 0000000..e69de29'],
      ...['diff --git a/gone.ts b/gone.ts', 'deleted file mode 100644', '--- a/gone.ts', '+++ /dev/null'],
      ...['@@ -1 +0,0 @@', '-one'],
      ...['diff --git a/a b.ts b/c d.ts', 'similarity index 90%', 'rename from a b.ts', 'rename to c d.ts'],
      ...['--- a/a b.ts\t', '+++ b/c d.ts\t', '@@ -1 +1 @@', '-x', '+y'],
      ...['diff --git a/e.ts b/f.ts', 'similarity index 100%', 'copy from e.ts', 'copy to f.ts'],
      ...['diff --git a/run.sh b/run.sh', 'old mode 100644', 'new mode 100755'],
    );
    expect(summary(text)).toEqual([
      'added new.ts +2 -0',
      'added empty +0 -0',
      'deleted gone.ts +0 -1',
      'renamed c d.ts +1 -1',
      'copied f.ts +0 -0',
      'modified run.sh +0 -0',
    ]);
    expect(diffs(text)).toMatchObject([
      {},
      { mode: '100755' },
      {},
      { from: 'a b.ts' },
      { from: 'e.ts' },
      { mode: '100755' },
    ]);
    expect(diffs(toDiff(diffs(text)))).toEqual(diffs(text));
  });

  test('whose lines look like headers, fences and bullets', () => {
    const lines = ['--- a/x.md', '+++ b/x.md', '@@ -1,5 +1,4 @@', `-${F}sh`, ` ${F}js`, '--- a', '+++ b', ' ', ` ${F}`];
    const expected = ['modified x.md +1 -2'];
    expect(summary(join(...lines))).toEqual(expected);
    expect(summary(join(`${F}diff`, ...lines, F))).toEqual(expected);
    expect(summary(join('Look:', `${F}diff`, ...lines, F, 'Done.'))).toEqual(expected);
  });

  test('in several fences: hunks of one file are joined', () => {
    const second = ['--- a/src/x.ts', '+++ b/src/x.ts', '@@ -9 +9 @@', '-d', '+e'];
    const text = join(`${F}diff`, ...plain, F, 'and', `${F}diff`, ...second, '--- a/y', '+++ b/y', ...hunk, F);
    expect(summary(text)).toEqual(['modified src/x.ts +2 -2', 'modified y +1 -1']);
  });

  test('with blank lines between its parts, and blank ones that lost their space', () => {
    const text = join(
      '--- a/x',
      '+++ b/x',
      '@@ -1,3 +1,3 @@',
      ' a',
      '',
      '-b',
      '+c',
      '',
      '@@ -9 +9 @@',
      '-d',
      '+e',
      '',
      ...plain,
    );
    expect(summary(text)).toEqual(['modified x +2 -2', 'modified src/x.ts +1 -1']);
    expect(diffs(text)[0]?.hunks[0]?.lines[1]).toEqual({ kind: 'context', text: '' });
  });

  test('of a file without a last line end, on either side', () => {
    const none = '\\ No newline at end of file';
    const text = join('--- a/x', '+++ b/x', '@@ -1,2 +1,2 @@', ' a', '-b', none, '+b', none);
    expect(diffs(text)[0]?.hunks[0]?.lines).toEqual([
      { kind: 'context', text: 'a' },
      { kind: 'deleted', text: 'b', endless: true },
      { kind: 'added', text: 'b', endless: true },
    ]);
    expect(toDiff(diffs(text))).toContain(`-b\n${none}\n+b\n${none}\n`);
  });

  test('of a file whose lines end with CRLF, as Git prints it', () => {
    const text = join('--- a/x', '+++ b/x', '@@ -1,2 +1,2 @@', ' a\r', '-b\r', '+c\r');
    expect(diffs(text)[0]?.hunks[0]?.lines.map((line) => line.text)).toEqual(['a\r', 'b\r', 'c\r']);
    expect(diffs(join(`${F}diff`, text.slice(0, -1), F))).toEqual(diffs(text));
  });

  test('with names in octal', () => {
    const text = join('diff --git "a/\\303\\244 \\".ts" "b/\\303\\244 \\".ts"', 'old mode 100755', 'new mode 100644');
    expect(diffs(text)).toMatchObject([{ path: 'ä ".ts', mode: '100644' }]);
  });
});

describe('a diff is refused, with the line and the reason, when', () => {
  test.each<[string, string[], RegExp | string]>([
    ['there is none', ['I would not change a thing.'], 'Expected a unified diff, found none.'],
    [
      'its block is not closed',
      ['Here:', `${F}diff`, ...git],
      'Line 2 of the diff: expected a whole diff, nothing ends its block.',
    ],
    [
      'it breaks off',
      ['Here:', ...plain.slice(0, 2), '@@ -1,9 +1,8 @@', ' a', '-b'],
      'Line 4 of the diff: expected 9 old and 8 new lines, there are 2 and 1.',
    ],
    [
      'prose stands in a hunk',
      [...plain, ' d', 'and so on', '+e'].map((line) => line.replace('1,2 +1,2', '1,9 +1,9')),
      'Line 8 of the diff: expected a line that starts with " ", "+", "-" or "\\", got "and so on".',
    ],
    [
      'prose stands in a fence',
      [`${F}diff`, ...plain, '', 'and so on', '+x', F],
      /^Line 10 of the diff: expected .*got "\+x"\.$/,
    ],
    [
      'a hunk has no counts',
      [...plain.slice(0, 2), '@@ ... @@', '-b'],
      /^Line 3 of the diff: expected "@@ -line,count \+line,count @@", got "@@ \.\.\. @@"\.$/,
    ],
    [
      'a hunk has no file',
      [`${F}diff`, ...hunk, F],
      /^Line 2 of the diff: expected "--- a\/name" and "\+\+\+ b\/name"/,
    ],
    [
      'lines have no hunk',
      [`${F}diff`, '- old', '+ new', F],
      /^Line 2 of the diff: expected "--- a\/name".*got "- old"/,
    ],
    [
      'a hunk changes nothing',
      ['--- a/x', '+++ b/x', '@@ -1 +1 @@', ' a'],
      /^Line 3 .* expected a hunk that changes something/,
    ],
    ['a file does not change', ['--- a/x', '+++ b/x'], 'Line 1 of the diff: expected a change of x, got none.'],
    [
      'there are two names',
      ['--- a/x', '+++ b/y', ...hunk],
      /expected one name, or "rename from" and "rename to", got x and y/,
    ],
    ['there is no name', ['--- /dev/null', '+++ /dev/null', ...hunk], /got \/dev\/null twice/],
    ['a new file has old lines', ['--- /dev/null', '+++ b/x', ...hunk], /expected only new lines in x/],
    ['a file that goes has new lines', ['--- a/x', '+++ /dev/null', ...hunk], /expected only old lines in x/],
    [
      'it is binary',
      ['diff --git a/x b/x', 'index 1..2', 'Binary files a/x and b/x differ'],
      /^Line 3 .* got a binary file/,
    ],
    [
      'it is a link',
      ['diff --git a/x b/x', 'new file mode 120000', '--- /dev/null', '+++ b/x', '@@ -0,0 +1 @@', '+/etc'],
      /not a link/,
    ],
    ['it changes a link', ['diff --git a/x b/x', 'index 1..2 120000', ...hunk], /not a link/],
    [
      'a file is made twice',
      ['--- /dev/null', '+++ b/x', '@@ -0,0 +1 @@', '+a', '--- /dev/null', '+++ b/x', '@@ -0,0 +1 @@', '+b'],
      /expected one diff of x, got one in line 1 and another in line 5/,
    ],
    [
      'lines follow the last one',
      ['--- a/x', '+++ b/x', '@@ -1,2 +1 @@', '-a', '\\ No newline at end of file', '-b', '+c'],
      /expected no line of the file behind the one that ends it/,
    ],
    [
      'nothing ends',
      ['--- a/x', '+++ b/x', '@@ -1 +1 @@', '\\ No newline at end of file', '-b', '+c'],
      /expected a line before/,
    ],
  ])('%s', (_, lines, message) => {
    expect(fault(...lines)).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  test.each(['../x', '/etc/passwd', 'src/../../x', 'C:/x', '~/x', '.git/hooks/x', 'a\\x', '"a/\\000x"'])(
    'it names %s',
    (name) => {
      for (const lines of [
        [`--- ${name}`, `+++ ${name}`, ...hunk],
        ['--- /dev/null', `+++ ${name}`, '@@ -0,0 +1 @@', '+a'],
        [`--- ${name}`, '+++ /dev/null', '@@ -1 +0,0 @@', '-a'],
        ['diff --git a/x b/y', 'rename from x', `rename to ${name}`],
        ['diff --git a/x b/y', `rename from ${name}`, 'rename to y'],
      ]) {
        expect(fault(...lines)).toMatch(/expected a path inside the project, got /);
      }
    },
  );
});

const text = fc.oneof(
  fc.constantFrom('', ' ', '-- ', '--- a', '+++ b', '@@ -1 +1 @@', 'diff --git a/x b/x', '```', ' ```', '\\ x'),
  fc.string().map((line) => line.replaceAll(/[\r\n]/g, ' ')),
);
const line: fc.Arbitrary<DiffLine> = fc.record({ kind: fc.constantFrom('context', 'deleted', 'added'), text });
const hunks = fc.array(
  fc.record({
    oldStart: fc.nat(999),
    newStart: fc.nat(999),
    lines: fc.array(line, { minLength: 1, maxLength: 8 }).filter((all) => all.some(({ kind }) => kind !== 'context')),
  }),
  { minLength: 1, maxLength: 3 },
);
const anyPath = fc
  .tuple(fc.stringMatching(/^[a-z]{1,4}$/), fc.constantFrom('', '/x y.ts', '/ä".md', '/b/c', " '.ts"))
  .map((parts) => parts.join(''));

function fileOf(all: FileDiff['hunks'], path: string): FileDiff {
  const lines = all.flatMap((each) => each.lines);
  const insertions = lines.filter(({ kind }) => kind === 'added').length;
  return {
    change: 'modified',
    path,
    hunks: all,
    insertions,
    deletions: lines.filter(({ kind }) => kind === 'deleted').length,
  };
}

const files = fc.uniqueArray(
  fc.tuple(hunks, anyPath).map(([all, name]) => fileOf(all, name)),
  { selector: (file) => file.path, minLength: 1, maxLength: 3 },
);

test('what toDiff prints is read back the same, bare, in prose and in a fence', () => {
  fc.assert(
    fc.property(files, (all) => {
      const printed = toDiff(all);
      const longest = Math.max(3, ...[...printed.matchAll(/`+/g)].map(([run]) => run.length + 1));
      const fence = '`'.repeat(longest);
      expect(diffs(printed)).toEqual(all);
      expect(diffs(`Do this:\n\n${printed}\nBye.\n`)).toEqual(all);
      expect(diffs(`Do this:\n\n${fence}diff\n${printed}${fence}\n- so\n`)).toEqual(all);
    }),
  );
});

function withPlainText(each: DiffHunk): DiffHunk {
  return { ...each, lines: each.lines.map((one, at) => ({ ...one, text: `line ${at}` })) };
}

test('counts that are wrong change nothing in a fence', () => {
  const tame = files.map((all) => all.map((file) => ({ ...file, hunks: file.hunks.map(withPlainText) })));
  fc.assert(
    fc.property(tame, fc.nat(20), fc.nat(20), (all, old, after) => {
      const printed = toDiff(all).replaceAll(/^@@ -(\d+),\d+ \+(\d+),\d+ @@/gm, `@@ -$1,${old} +$2,${after} @@`);
      expect(diffs(`${F}diff\n${printed}${F}\n`)).toEqual(all);
    }),
  );
});

test('what Git prints of every kind of change is read, printed, and applied by Git to the same end', () => {
  const dir = tempDir();
  const git = (args: readonly string[], input?: string) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: dir, input, encoding: 'utf8' });
  const put = (name: string, content: string) => writeFileSync(path.join(dir, name), content);
  git(['init', '-q']);
  const lines = Array.from({ length: 30 }, (_, at) => `line ${at}\n`).join('');
  for (const name of ['edit.md', 'gone', 'old name', 'run.sh', 'end', 'crlf', 'ä "q".ts']) put(name, lines);
  git(['add', '-A']);
  git(['commit', '-qm', 'before']);
  put('edit.md', `first\n${lines.replace('line 20\n', '')}\n\`\`\`\n`);
  put('end', lines.slice(0, -1));
  put('crlf', lines.replaceAll('\n', '\r\n'));
  put('ä "q".ts', `${lines}-- a\n++ b\n`);
  put('new', 'a\n\nb');
  put('empty', '');
  rmSync(path.join(dir, 'gone'));
  renameSync(path.join(dir, 'old name'), path.join(dir, 'new name'));
  chmodSync(path.join(dir, 'run.sh'), 0o755);
  git(['add', '-A']);
  const after = git(['write-tree']);
  const printed = toDiff(diffs(git(['diff', '--cached', '-M', 'HEAD'])));
  git(['reset', '-q', '--hard', 'HEAD']);
  git(['apply', '--index', '--whitespace=nowarn'], printed);
  expect(git(['write-tree'])).toBe(after);
});
