import { tempDir } from '@orch/testkit';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { openFiles } from './files.ts';
import type { WrittenFile } from './files.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const relaxed = { durability: 'relaxed' } as const;
const record = (path: string, text: string, reason: WrittenFile['reason']) => ({
  path,
  sha256: sha(text),
  size_bytes: Buffer.byteLength(text),
  wrote: reason !== 'nochange',
  reason,
});
const failing = (code: string) => expect.objectContaining({ code }) as Error;

describe('overwrite', () => {
  test('creates a file and its folders, replaces other content, and leaves equal content untouched', () => {
    const root = join(tempDir(), 'not/there/yet');
    const files = openFiles(root);
    expect(files.write('src/ä.txt', 'one')).toEqual(record('src/ä.txt', 'one', 'created'));
    expect(files.write('src/ä.txt', 'två')).toEqual(record('src/ä.txt', 'två', 'overwritten'));
    expect(readFileSync(join(root, 'src/ä.txt'), 'utf8')).toBe('två');

    utimesSync(join(root, 'src/ä.txt'), 1_000, 1_000);
    const before = statSync(join(root, 'src/ä.txt'));
    for (const again of [files, openFiles(root)]) {
      expect(again.write('./src//ä.txt', Buffer.from('två'))).toEqual(record('src/ä.txt', 'två', 'nochange'));
    }
    const after = statSync(join(root, 'src/ä.txt'));
    expect([after.mtimeMs, after.ctimeMs, after.ino]).toEqual([before.mtimeMs, before.ctimeMs, before.ino]);
    expect(readdirSync(join(root, 'src'))).toEqual(['ä.txt']);
  });

  test('sees what others did to the file since the last write', () => {
    const root = tempDir();
    const files = openFiles(root, relaxed);
    files.write('a', 'mine');
    writeFileSync(join(root, 'a'), 'thine');
    expect(files.write('a', 'thine').reason).toBe('nochange');
    expect(files.write('a', 'mine').reason).toBe('overwritten');
    rmSync(join(root, 'a'));
    expect(files.write('a', 'mine').reason).toBe('created');
  });

  test('sees a change of the same size, also in a file that was found unchanged for a while', async () => {
    const root = tempDir();
    const files = openFiles(root, relaxed);
    const path = join(root, 'a');
    for (const [at, age] of [0, 0, 80, 80].entries()) {
      files.write('a', 'mine');
      await setTimeout(age);
      expect([files.write('a', 'mine').reason, files.write('a', 'mine').reason]).toEqual(['nochange', 'nochange']);
      writeFileSync(at % 2 === 0 ? path : `${path}.new`, 'your');
      if (at % 2 === 1) renameSync(`${path}.new`, path);
      utimesSync(path, 1_000, 1_000);
      expect(files.write('a', 'mine').reason).toBe('overwritten');
      expect(readFileSync(path, 'utf8')).toBe('mine');
    }
  });

  test('does not read a file again that cannot have changed', () => {
    const root = tempDir();
    const files = openFiles(root, relaxed);
    const spies = [vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 1_000), vi.spyOn(fs, 'readSync')];
    syncBuiltinESMExports();
    const reads = ['mine', 'mine', 'mine', 'your', 'your'].map((content) => {
      const { reason } = files.write('a', content);
      return [reason, spies[1]?.mock.calls.length];
    });
    spies.forEach((spy) => spy.mockRestore());
    syncBuiltinESMExports();
    expect(reads).toEqual([
      ['created', 0],
      ['nochange', 1],
      ['nochange', 1],
      ['overwritten', 1],
      ['nochange', 2],
    ]);
  });

  test('keeps a file executable', () => {
    const root = tempDir();
    const files = openFiles(root, relaxed);
    files.write('run.sh', '#!/bin/sh');
    chmodSync(join(root, 'run.sh'), 0o755);
    files.write('run.sh', '#!/bin/sh\nexit 1');
    expect(statSync(join(root, 'run.sh')).mode & 0o777).toBe(0o755);
  });
});

describe('create_new', () => {
  test('creates, accepts equal content, and never replaces another', () => {
    const root = tempDir();
    const files = openFiles(root, relaxed);
    const mode = 'create_new';
    expect(files.write('deep/a', 'one', { mode })).toEqual(record('deep/a', 'one', 'created'));
    expect(files.write('deep/a', 'one', { mode })).toEqual(record('deep/a', 'one', 'nochange'));
    expect(() => files.write('deep/a', 'two', { mode })).toThrow(failing('conflict'));
    expect(readFileSync(join(root, 'deep/a'), 'utf8')).toBe('one');
    expect(readdirSync(join(root, 'deep'))).toEqual(['a']);
  });
});

describe('append', () => {
  const mode = 'append';

  test('continues what this object wrote and reports the whole file', () => {
    const files = openFiles(tempDir(), relaxed);
    expect(files.write('log', 'a', { mode })).toEqual(record('log', 'a', 'created'));
    expect(files.write('log', 'a', { mode })).toEqual(record('log', 'aa', 'appended'));
    expect(files.write('log', 'b', { mode })).toEqual(record('log', 'aab', 'appended'));
  });

  test('after a crash does what was lost and not what was done, by the digest that was logged last', () => {
    const root = tempDir();
    const base = openFiles(root, relaxed).write('log', 'one\n', { mode }).sha256;
    expect(openFiles(root, relaxed).write('log', 'two\n', { mode, base })).toEqual(
      record('log', 'one\ntwo\n', 'appended'),
    );
    expect(openFiles(root, relaxed).write('log', 'two\n', { mode, base })).toEqual(
      record('log', 'one\ntwo\n', 'nochange'),
    );
    expect(openFiles(root, relaxed).write('new', 'x', { mode })).toMatchObject({ reason: 'created' });
    expect(openFiles(root, relaxed).write('new', 'x', { mode })).toMatchObject({ reason: 'nochange' });
  });

  test.each([
    ['other content', 'other', sha('base')],
    ['base and another text', 'base!', sha('base')],
    ['another base and the text', 'BASEtext', sha('base')],
    ['content where none was known', 'base', undefined],
    ['no file where one was known', undefined, sha('base')],
  ])('refuses %s', (_, onDisc, base) => {
    const root = tempDir();
    if (onDisc !== undefined) writeFileSync(join(root, 'log'), onDisc);
    expect(() => openFiles(root, relaxed).write('log', 'text', { mode, base })).toThrow(failing('conflict'));
    expect(existsSync(join(root, 'log')) ? readFileSync(join(root, 'log'), 'utf8') : undefined).toBe(onDisc);
  });
});

test('any other mode is an error, and nothing is written', () => {
  const root = tempDir();
  const mode = 'upsert' as 'overwrite';
  expect(() => openFiles(root).write('a', 'x', { mode })).toThrow(failing('usage'));
  expect(readdirSync(root)).toEqual([]);
});

test('any write done twice, also by a newcomer who knows the logged base, changes nothing the second time', () => {
  const dir = tempDir();
  const writes = fc.array(
    fc.record({
      path: fc.constantFrom('a', 'b', 'c/d'),
      text: fc.constantFrom('', 'x', 'y', 'xx'),
      mode: fc.constantFrom('overwrite' as const, 'create_new' as const, 'append' as const),
    }),
    { maxLength: 8 },
  );
  let round = 0;
  fc.assert(
    fc.property(writes, (all) => {
      const root = join(dir, String(round++));
      const files = openFiles(root, relaxed);
      const logged = new Map<string, string>();
      const expected = new Map<string, string>();
      for (const { path, text, mode } of all) {
        const before = expected.get(path);
        const refused = mode === 'create_new' && before !== undefined && before !== text;
        const base = logged.get(path);
        if (refused) {
          expect(() => files.write(path, text, { mode, base })).toThrow(failing('conflict'));
          continue;
        }
        const whole = mode === 'append' ? (before ?? '') + text : text;
        expect(files.write(path, text, { mode, base }).sha256).toBe(sha(whole));
        expect(openFiles(root, relaxed).write(path, text, { mode, base })).toEqual(record(path, whole, 'nochange'));
        expected.set(path, whole);
        logged.set(path, sha(whole));
      }
      for (const [path, whole] of expected) expect(readFileSync(join(root, path), 'utf8')).toBe(whole);
      expect(files.list()).toEqual([...expected.keys()].sort());
    }),
    { numRuns: 60 },
  );
});

describe('a second spelling of a path is refused', () => {
  test.each([
    ['README.md', 'readme.md'],
    ['docs/a.md', 'Docs/b.md'],
    ['é.txt', 'e\u0301.txt'],
    ['STRASSE/a', 'straße/a'],
    ['ΟΔΟΣ', 'οδος'],
    ['\u03b1\u0345\u0301', '\u1fb4'],
  ])('%s, then %s', (first, second) => {
    const root = tempDir();
    const files = openFiles(root, relaxed);
    files.write(first, 'x');
    for (const later of [files, openFiles(root, relaxed)]) {
      expect(() => later.write(second, 'x')).toThrow(failing('unsafe_path'));
      expect(later.write(first, 'x').reason).toBe('nochange');
    }
    expect(files.list()).toEqual([first]);
  });

  test('also when others created the first one a moment ago, in a small folder', () => {
    const root = tempDir();
    const files = openFiles(root, relaxed);
    for (let round = 0; round < 40; round++) {
      mkdirSync(join(root, `${round}`));
      files.write(`${round}/other`, 'x');
      writeFileSync(join(root, `${round}/README.md`), 'x');
      expect(() => files.write(`${round}/readme.md`, 'x')).toThrow(/"README.md"/);
    }
  });

  test('also when the first one was written here and renamed by others', () => {
    const root = tempDir();
    const files = openFiles(root, relaxed);
    files.write('README.md', 'x');
    renameSync(join(root, 'README.md'), join(root, 'readme.md'));
    expect(() => files.write('readme.md', 'y')).toThrow(failing('unsafe_path'));
  });

  test('but is free after the first one was removed', () => {
    const files = openFiles(tempDir(), relaxed);
    const { sha256 } = files.write('README.md', 'x');
    expect(files.remove('README.md', { ifSha256: sha256 })).toBe(true);
    expect(files.write('readme.md', 'x').reason).toBe('created');
  });
});

test('nothing is written through a link that came to lead outside between two writes', () => {
  const dir = tempDir();
  const root = join(dir, 'root');
  const files = openFiles(root, relaxed);
  files.write('sub/a', 'x');
  renameSync(join(root, 'sub'), join(dir, 'moved'));
  symlinkSync(join(dir, 'moved'), join(root, 'sub'));
  expect(() => files.write('sub/a', 'y')).toThrow(failing('unsafe_path'));
  expect(() => files.read('sub/a')).toThrow(failing('unsafe_path'));
  expect(readFileSync(join(dir, 'moved/a'), 'utf8')).toBe('x');
});

test('what is in the way is named: a folder is a conflict, a file in place of a folder an io error', () => {
  const root = tempDir();
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'file'), 'x');
  const files = openFiles(root);
  expect(() => files.write('folder', 'x')).toThrow(/folder, found a folder/);
  expect(() => files.write('file/below', 'x')).toThrow(/file\/below: not a directory \(ENOTDIR\)/);
  expect(readdirSync(root).sort()).toEqual(['file', 'folder']);
});

test('reading and digesting answer undefined for what is not there', () => {
  const files = openFiles(join(tempDir(), 'absent'));
  expect([files.read('a'), files.digest('a'), files.list()]).toEqual([undefined, undefined, []]);
  files.write('a', 'x');
  expect([Buffer.from(files.read('a')!).toString(), files.digest('a')]).toEqual(['x', sha('x')]);
});

test('a file is removed only with the content it is said to have', () => {
  const files = openFiles(tempDir());
  const { sha256 } = files.write('a/b', 'x');
  expect(() => files.remove('a/b', { ifSha256: sha('y') })).toThrow(failing('conflict'));
  expect(files.list()).toEqual(['a/b']);
  expect(files.remove('a/b', { ifSha256: sha256 })).toBe(true);
  expect(files.remove('a/b', { ifSha256: sha256 })).toBe(false);
  expect(files.list()).toEqual([]);
});

test('the list has every file by its path, sorted, and neither links nor drafts', () => {
  const root = tempDir();
  const files = openFiles(root, relaxed);
  for (const path of ['b', 'a/z', 'a.txt', 'B', 'a/b/c']) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), 'x');
  }
  symlinkSync('b', join(root, 'link'));
  symlinkSync('a', join(root, 'linked'));
  writeFileSync(join(root, '.orch-0123456789ab-7.tmp'), 'cut off by a kill');
  expect(files.list()).toEqual(['B', 'a.txt', 'a/b/c', 'a/z', 'b']);
});

test('whoever listens hears of each write with its record, also of those that changed nothing', () => {
  const heard: WrittenFile[] = [];
  const files = openFiles(tempDir(), { onWrite: (file) => heard.push(file) });
  const said = [files.write('a', 'x'), files.write('a', 'x')];
  expect(() => files.write('../a', 'x')).toThrow();
  expect(heard).toEqual(said);
});
