import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { root } from '../tools/checks.mjs';

const launcher = join(root, 'tools', 'orch');

function start(command: string, args: readonly string[], cwd: string) {
  return spawnSync(command, args, { cwd, encoding: 'utf8' });
}

test('tools/orch starts orch from any folder, also through symlinks', () => {
  const dir = tempDir();
  mkdirSync(join(dir, 'bin'));
  symlinkSync(launcher, join(dir, 'first'));
  symlinkSync('../first', join(dir, 'bin', 'orch'));
  const direct = start(launcher, ['--version'], dir);
  const linked = start(join('bin', 'orch'), ['--version'], dir);
  expect(direct).toMatchObject({ status: 0, stderr: '' });
  expect(linked).toMatchObject({ status: 0, stderr: '', stdout: direct.stdout });
});

test('in a clone that is not set up it says what to do and exits with 2', () => {
  const clone = tempDir();
  cpSync(launcher, join(clone, 'tools', 'orch'));
  const { status, stdout, stderr } = start(join(clone, 'tools', 'orch'), ['--version'], clone);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(`npm run setup`);
});

test('the scripts that the README names exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const named = [...readme.matchAll(/\bnpm (?:run )?([a-z][a-z:]*)/g)].map(([, name]) => name);
  expect(named).toEqual(expect.arrayContaining(['demo', 'test']));
  expect(named.filter((name) => !Object.hasOwn(scripts, name ?? ''))).toEqual([]);
});
