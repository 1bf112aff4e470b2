import fc from 'fast-check';
import { posix, win32 } from 'node:path';
import { expect, test } from 'vitest';
import { parseDiffs } from './parse-diffs.ts';
import { fuzzRuns, fuzzTimeout } from './testing/fuzz.ts';
import { damaged, textOf } from './testing/text-of.ts';
import { toDiff } from './to-diff.ts';

const headers = [
  'diff --git a/x b/x\n',
  '--- a/x\n',
  '+++ b/x\n',
  '--- /dev/null\n',
  '+++ ',
  '--- ',
  'rename from ',
  'rename to ',
];
const more = [
  'new file mode 100644\n',
  'deleted file mode 100644\n',
  'old mode 100644\n',
  'index 1..2 100644\n',
  'copy to ',
];
const hunks = [
  '@@ -1 +1 @@\n',
  '@@ -1,2 +1,3 @@\n',
  '@@ -0,0 +1 @@\n',
  '+a\n',
  '-b\n',
  ' c\n',
  '\\ No newline\n',
  '-- \n1.2\n',
];
const names = ['../', '/etc/x', 'C:/', '~', '.git/', '"a/\\056\\056/x"', 'y', '\\', '\t', '\0'];
const marks = ['```diff\n', '```\n', ' ```\n', '~~~\n', '\n', '\r\n', '<think>', '</think>', '### x\n'];
const pieces = [...headers, ...more, ...hunks, ...hunks, ...names, ...marks];
const samples = [
  'Look:\n\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n@@ -9 +9,2 @@\n e\n+f\n',
  '```diff\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline\n+b\n--- a/y\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n```\n',
  'diff --git a/n b/n\nnew file mode 100755\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+a\ndiff --git a/r s b/t\nrename from r s\nrename to t\n',
  '### `z.md`\n```diff\n@@ -1,3 +1,3 @@\n ```js\n-a\n+b\n ```\n```\n\n```diff z.md\n@@ -9 +9 @@\n-a\n+b\n```\n',
];

test(
  'no text makes it throw, no name leaves the root, and what it gives survives printing',
  () => {
    fc.assert(
      fc.property(fc.oneof(textOf(...pieces), damaged(samples, ...pieces)), (text) => {
        const files = parseDiffs(text);
        if (!files.ok) expect(files.error.code).toBe('bad_answer');
        const found = files.ok ? files.value : [];
        for (const path of found.flatMap((file) => ('from' in file ? [file.path, file.from] : [file.path]))) {
          expect(posix.join('/root', path).startsWith('/root/')).toBe(true);
          expect(win32.resolve('C:\\root', path).startsWith('C:\\root\\')).toBe(true);
          expect(path.toLowerCase().split('/')).not.toContain('.git');
        }
        if (found.length > 0) expect(parseDiffs(toDiff(found))).toEqual({ ok: true, value: found });
      }),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

const header = '--- a/x\n+++ b/x\n';

// Quadratic work would take minutes here: the time limit of the test ends it.
test.each([
  ['hunks that promise too much', `${header}@@ -1,999999 +1,999999 @@\n-a\n`.repeat(25_000)],
  ['a hunk of many lines', `${header}@@ -1,9 +1,9 @@\n${'-a\n+b\n'.repeat(100_000)}`],
  ['many hunks', header + '@@ -1 +1 @@\n-a\n+b\n'.repeat(40_000)],
  ['many hunks in a fence', `\`\`\`diff\n${header}${'@@ -1,9 +1,9 @@\n-a\n+b\n\n'.repeat(40_000)}\`\`\`\n`],
  ['many files', Array.from({ length: 20_000 }, (_, at) => `--- a/${at}\n+++ b/${at}\n@@ -1 +1 @@\n-a\n+b\n`).join('')],
  ['many fences', '```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n```\n'.repeat(15_000)],
  ['blank lines', `${header}@@ -1 +1 @@\n-a\n+b\n${'\n'.repeat(500_000)}`],
  ['blank lines in hunks', `${header}${`@@ -1,9 +1,9 @@\n-a\n${'\n'.repeat(500)}`.repeat(500)}`],
  ['a long name', `--- a/${'x '.repeat(500_000)}\n+++ b/${'x '.repeat(500_000)}\n`],
  ['a long line of Git', `diff --git ${'a/ b/'.repeat(200_000)}\n`],
  ['quotes', `diff --git "${'\\"'.repeat(500_000)}\n`],
])('%s: a long text is read in linear time', (_, text) => {
  expect(typeof parseDiffs(text).ok).toBe('boolean');
});
