import fc from 'fast-check';
import { posix, win32 } from 'node:path';
import { expect, test } from 'vitest';
import { parseFiles } from './parse-files.ts';
import { fuzzRuns, fuzzTimeout } from './testing/fuzz.ts';
import { damaged, textOf } from './testing/text-of.ts';

const fences = ['```', '````', '~~~', '   ```', '```md', '```js', '```diff', '```js x.js', '``` path="'];
const tags = ['<file path="y">', '<file name=', '</file>', '<think>', '</think>', '">', '<file path="'];
const names = ['x.md', '../', '/etc/', 'C:\\', '~/', '.git/', 'a.ts', './', '\\', '%2e', '..', '. ', ':'];
const marks = ['### ', '**', '`', 'File: ', '// ', '# ', '<!-- ', ' -->', '\n', '\n', '\n', '\r\n', ' ', '\0'];
const pieces = [...fences, ...tags, ...names, ...marks];
const samples = [
  '### `x.md`\n\n```md\n# X\n```js\na\n```\n```\n\n**a.ts**:\n```ts\n1\n```\n',
  '<file path="x.md">\n```\n1\n```\n</file>\n<file name="a/b.ts">2</file>\n',
  '```js x.js\n1\n```\n~~~\n// a.ts\n2\n~~~\n```js {file="b.ts"}\n3\n```\n',
  '1. `x.py`\n   ```py\n   if a:\n       b\n   ```\n2. File: a.ts\n````\n```\n````\n',
];

test(
  'no text makes it throw, and no name that it gives leaves the folder it is joined to, on any system',
  () => {
    fc.assert(
      fc.property(fc.oneof(textOf(...pieces), damaged(samples, ...pieces)), (text) => {
        const files = parseFiles(text);
        if (!files.ok) expect(files.error.code).toBe('bad_answer');
        const found = files.ok ? files.value : [];
        for (const { path } of found) {
          expect(posix.join('/root', path).startsWith('/root/')).toBe(true);
          expect(win32.resolve('C:\\root', path).startsWith('C:\\root\\')).toBe(true);
          expect(path.toLowerCase().split('/')).not.toContain('.git');
          expect(path).not.toContain('\0');
        }
        expect(new Set(found.map(({ path }) => path)).size).toBe(found.length);
      }),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

// Quadratic work would take minutes here: the time limit of the test ends it.
test.each([
  ['one line of backticks', '`'.repeat(1_000_000)],
  ['a fence on every line', '```\n'.repeat(100_000)],
  ['Markdown blocks that nothing closes', '```md\n'.repeat(60_000)],
  ['blocks in blocks of Markdown', '```md\n'.repeat(40_000) + '```\n'.repeat(40_000)],
  ['long fences that nothing closes', ('`'.repeat(990) + 'js\n').repeat(1_000)],
  ['tags that nothing closes', '<file path="x">\n'.repeat(60_000)],
  ['tags that end loosely', '<file path="x">\na</file>\n'.repeat(20_000)],
  ['ends of tags', 'a</file>\n'.repeat(100_000)],
  ['blank lines below names', ('**x.md**' + '\n'.repeat(90) + '```\n').repeat(5_000)],
  ['one name far above many blocks', '**x.md**' + '\n'.repeat(500_000) + '```\n'.repeat(100_000)],
  ['a long line above a block', '*'.repeat(1_000_000) + '\n```js\n'],
  ['a long info string', '```' + 'a:'.repeat(500_000)],
  ['spaces', ' '.repeat(1_000_000) + '<file'],
  ['spaces in comments', '```\n//' + ' '.repeat(390) + '\n```\n'.repeat(2_000)],
])('%s: a long text is read in linear time', (_, text) => {
  expect(typeof parseFiles(text).ok).toBe('boolean');
});
