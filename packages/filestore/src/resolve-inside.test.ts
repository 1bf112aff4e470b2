import { tempDir } from '@orch/testkit';
import fc from 'fast-check';
import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveInside } from './resolve-inside.ts';

test('a relative path leads below the root, whether or not anything is there', () => {
  const root = tempDir();
  expect(resolveInside(root, 'src/app.ts')).toEqual({ ok: true, value: join(root, 'src/app.ts') });
  expect(resolveInside(root, './src//[id]/..ü.md')).toEqual({ ok: true, value: join(root, 'src/[id]/..ü.md') });
  expect(resolveInside(join(root, 'absent'), 'a/b')).toEqual({ ok: true, value: join(root, 'absent/a/b') });
});

describe('a path is refused, with itself and the reason in the message, when', () => {
  test.each([
    ['', 'empty'],
    ['.', 'root itself'],
    ['..', '".." part'],
    ['a/../b', '".." part'],
    ['a/..', '".." part'],
    ['/etc/passwd', 'absolute'],
    ['//server/share', 'absolute'],
    ['C:/Windows', 'absolute'],
    ['c:notes.txt', 'absolute'],
    ['\\\\server\\share', 'backslash'],
    ['a\\..\\b', 'backslash'],
    ['a/', 'names a folder'],
    ['a\0b', 'control character'],
    ['a\nb', 'control character'],
    ['\ud800', 'well-formed'],
    ['CON', 'device'],
    ['src/nul.txt', 'device'],
    ['com1.tar.gz/x', 'device'],
    ['LPT³', 'device'],
    ['aux .md', 'device'],
    ['name.', 'dot or a space'],
    ['name /file', 'dot or a space'],
    ['...', 'dot or a space'],
    ['.orch-0123456789ab-0.tmp', 'being written'],
  ])('it is %j: %s', (path, reason) => {
    const result = resolveInside('/root', path);
    expect(result).toMatchObject({ ok: false, error: { code: 'unsafe_path' } });
    const message = result.ok ? '' : result.error.message;
    expect(message).toContain(JSON.stringify(path));
    expect(message).toContain(reason);
  });

  test.each(['console.log', 'nul-safe.md', 'com10', 'ab:c', '.env', '.git/config', 'x..y', '~', '-rf'])(
    'but not %j',
    (path) => {
      expect(resolveInside('/root', path).ok).toBe(true);
    },
  );
});

describe('a link', () => {
  function linked() {
    const dir = tempDir();
    const root = join(dir, 'root');
    mkdirSync(join(root, 'real/deep'), { recursive: true });
    mkdirSync(join(dir, 'root-beside'));
    writeFileSync(join(dir, 'root-beside/secret'), 'x');
    return { root, outside: join(dir, 'root-beside') };
  }

  test('that stays inside is followed to where it leads', () => {
    const { root } = linked();
    symlinkSync('real', join(root, 'alias'));
    symlinkSync('../alias/deep', join(root, 'real/loop'));
    expect(resolveInside(root, 'alias/loop/new.txt')).toEqual({ ok: true, value: join(root, 'real/deep/new.txt') });
  });

  test.each([
    ['a folder outside', (outside: string) => outside, 'link/new.txt'],
    ['a file outside', (outside: string) => join(outside, 'secret'), 'link'],
    ['the folder above', () => '..', 'link/root-beside/secret'],
    ['nowhere', () => 'absent', 'link'],
    ['itself', () => 'link', 'link/x'],
  ])('to %s is refused', (_, target, path) => {
    const { root, outside } = linked();
    symlinkSync(target(outside), join(root, 'link'));
    expect(resolveInside(root, path)).toMatchObject({ ok: false, error: { code: 'unsafe_path' } });
  });

  test('in the way to the root itself does not matter', () => {
    const { root, outside } = linked();
    const alias = join(outside, 'alias');
    symlinkSync(root, alias);
    symlinkSync('real', join(root, 'inner'));
    expect(resolveInside(alias, 'inner/x')).toEqual({ ok: true, value: join(alias, 'real/x') });
  });
});

test('no path whatever leads out of a root that is full of links', () => {
  const dir = tempDir();
  const root = join(dir, 'root');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(join(dir, 'rooted'));
  symlinkSync('../a', join(root, 'a/up'));
  symlinkSync('../..', join(root, 'a/out'));
  symlinkSync(join(dir, 'rooted'), join(root, 'sibling'));
  symlinkSync('/', join(root, 'slash'));
  symlinkSync('.', join(root, 'self'));

  const names = ['a', 'b', 'up', 'out', 'sibling', 'slash', 'self', 'root', 'rooted', 'etc', '..', '.', '', '\\', 'C:'];
  const path = fc.oneof(
    fc.array(fc.constantFrom(...names), { maxLength: 7 }).map((parts) => parts.join('/')),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(path, (candidate) => {
      const result = resolveInside(root, candidate);
      if (!result.ok) return;
      const below = relative(root, nearestReal(result.value));
      expect(below === '..' || below.startsWith(`..${sep}`)).toBe(false);
    }),
    { numRuns: 500 },
  );
});

/** Where the system ends up with a path: the real path of the part that exists. */
function nearestReal(path: string): string {
  return existsSync(path) ? realpathSync(path) : nearestReal(dirname(path));
}
