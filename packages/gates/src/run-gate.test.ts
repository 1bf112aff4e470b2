import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { runGate } from './run-gate.ts';
import type { GateOptions } from './run-gate.ts';

const node = (...args: string[]) => ({ file: process.execPath, args });
const nodeTest = node('--test', '--test-reporter=junit');
const env = { PATH: process.env.PATH ?? '' };

function gate(files: Readonly<Record<string, string>>, options: Partial<GateOptions> = {}) {
  const cwd = tempDir();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), content);
  }
  return runGate({ command: nodeTest, cwd, env, ...options });
}

describe('of a real `node --test`', () => {
  const all = `import assert from 'node:assert/strict';
    import test, { describe, it } from 'node:test';
    console.log('<testsuites> in the output of a test & more');
    test('passes', () => {});
    test('skipped', { skip: true }, () => {});
    test('todo that fails', { todo: true }, () => assert.fail());
    describe('outer', () => {
      it('passes', () => {});
      describe('inner', () => {
        it('fails', () => assert.equal('"a" <b>', '\\u001b[31mc'));
        it.skip('skipped', () => {});
      });
    });
    test('parent', async (t) => { await t.test('child', () => {}); });`;

  test('every kind of outcome is counted once, at any depth, also a file that does not load', async () => {
    const report = await gate({ 'test/all.test.mjs': all, 'test/broken.test.mjs': 'throw new Error("no");' });
    expect(report).toMatchObject({
      status: 'failed',
      decision: '2 of 5 tests failed: "outer > inner > fails", "test/broken.test.mjs".',
      results: { exit_code: 1, tests: 8, passed: 3, failed: 2, skipped: 3, source: 'stdout' },
    });
    expect(report.results.failures[0]?.message).toContain('"a" <b>');
  });

  test('passing tests pass', async () => {
    const report = await gate({
      'a.test.mjs': "import test from 'node:test'; test('a', () => {}); test('b', () => {});",
    });
    expect(report).toEqual({
      status: 'passed',
      decision: '2 tests passed.',
      results: { exit_code: 0, tests: 2, passed: 2, failed: 0, skipped: 0, failures: [], source: 'stdout' },
    });
  });

  test.each([
    ['an empty project', {}],
    ['test files without tests', { 'a.test.mjs': '', 'test/b.mjs': 'console.log(1);' }],
    ['skipped tests only', { 'a.test.mjs': "import test from 'node:test'; test.skip('a', () => {});" }],
  ])('%s is an error, although node exits with 0', async (_, files: Record<string, string>) => {
    expect(await gate(files)).toMatchObject({ status: 'error', results: { exit_code: 0, passed: 0, failed: 0 } });
  });

  test('a test that fails beside its own passing child fails the gate', async () => {
    const source = `import test from 'node:test';
      test('parent', async (t) => { await t.test('child', () => {}); throw new Error('late'); });`;
    expect(await gate({ 'a.test.mjs': source })).toMatchObject({
      status: 'failed',
      decision: 'No test failed, but the command exited with 1.',
    });
  });
});

describe('a gate is in error when its command', () => {
  test('prints no results', async () => {
    expect(await gate({}, { command: node('-e', 'console.log("ok")') })).toMatchObject({
      status: 'error',
      decision: 'Expected JUnit results, found none. The command exited with 0.',
      results: { exit_code: 0, tests: 0 },
    });
  });

  test('does not exist', async () => {
    expect(await gate({}, { command: { file: 'no-such-program', args: [] } })).toMatchObject({
      status: 'error',
      decision: expect.stringMatching(/^The command could not be started: .*no-such-program/) as string,
      results: { exit_code: null },
    });
  });

  test('takes too long', async () => {
    const command = node('-e', 'setInterval(() => {}, 1000);');
    expect(await gate({}, { command, timeoutMs: 100 })).toMatchObject({
      status: 'error',
      decision: 'The command took longer than 0.1 s and was ended.',
      results: { exit_code: null },
    });
  });

  test('is stopped', async () => {
    const stop = new AbortController();
    const command = node('-e', 'setInterval(() => {}, 1000); console.log(1);');
    const report = await gate({}, { command, signal: stop.signal, onOutput: () => stop.abort() });
    expect(report).toMatchObject({ status: 'error', decision: 'The command was stopped before it ended.' });
  });
});

describe('result files', () => {
  const xml = (name: string) => `<testsuite name="s"><testcase name="${name}"/></testsuite>`;
  const write = (files: Readonly<Record<string, string>>) =>
    node('-e', `for (const file of ${JSON.stringify(Object.entries(files))}) require('fs').writeFileSync(...file);`);

  test('are read instead of stdout, and added up', async () => {
    const command = write({ 'a.xml': xml('a'), 'b.xml': xml('b') });
    expect(await gate({}, { command, resultFiles: ['a.xml', 'b.xml'] })).toMatchObject({
      status: 'passed',
      results: { tests: 2, source: 'a.xml, b.xml' },
    });
  });

  test('of an earlier run do not count', async () => {
    const decision = 'Expected JUnit results in a.xml, which the command did not write. The command exited with 0.';
    const options = { command: node('-e', ''), resultFiles: ['a.xml'] };
    expect(await gate({ 'a.xml': xml('a') }, options)).toMatchObject({ status: 'error', decision });
    expect(await gate({}, options)).toMatchObject({ status: 'error', decision });
  });

  test('that the command wrote again count, also with the same content', async () => {
    const options = { command: write({ 'a.xml': xml('a') }), resultFiles: ['a.xml'] };
    expect(await gate({ 'a.xml': xml('a') }, options)).toMatchObject({ status: 'passed' });
  });
});

test('the command gets stdin and environment, and its caller hears of start and output', async () => {
  const heard: string[] = [];
  const report = await gate(
    {},
    {
      command: node('-e', 'process.stdin.pipe(process.stdout); console.error(process.env.WHO);'),
      env: { ...env, WHO: 'orch' },
      stdin: '<testsuites><testcase name="a"/></testsuites>',
      onStart: ({ pid }) => void heard.push(`pid ${pid > 0}`),
      onOutput: (text, from) => void heard.push(`${from} ${text.trim().slice(0, 10)}`),
    },
  );
  expect(report.status).toBe('passed');
  expect(heard.toSorted()).toEqual(['pid true', 'stderr orch', 'stdout <testsuite']);
});

test.each([
  ['prints', undefined, ''],
  ['writes', ['r.xml'], ' > r.xml'],
])('what it %s is hidden before results are read and cut', async (_, resultFiles, into) => {
  const long = 'x'.repeat(295);
  const junit = `<testsuite tests="1"><testcase name="${long}s3cret-value"><failure message="s3cret-value"/></testcase></testsuite>`;
  const report = await gate(
    {},
    {
      command: { file: '/bin/sh', args: ['-c', `echo '${junit}'${into}`] },
      hide: (text) => text.replaceAll('s3cret-value', '***'),
      resultFiles,
    },
  );
  expect(report.results).toMatchObject({ failed: 1, failures: [{ message: '***' }] });
  expect(JSON.stringify(report)).not.toContain('s3c');
});
