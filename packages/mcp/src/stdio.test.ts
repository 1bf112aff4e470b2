import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { afterAll, expect, test } from 'vitest';
import { callOf, hiderOf, noSignal, open, sdkServer } from './testing/open.ts';

const servers = open({}, afterAll);
const call = callOf.bind(undefined, servers, sdkServer);

test('lists the tools of a server with their schemas', async () => {
  const tools = await servers.list(sdkServer, noSignal);
  expect(tools.find(({ name }) => name === 'add')).toMatchObject({
    description: 'Adds.',
    inputSchema: { type: 'object', properties: { a: { type: 'number' } }, required: ['a', 'b'] },
  });
});

test('one connection is shared by all who call, also at the same time', async () => {
  const eight = await Promise.all(Array.from({ length: 8 }, () => call('pid')));
  expect(new Set(eight.map(({ text }) => text)).size).toBe(1);
  const counts = await Promise.all(Array.from({ length: 8 }, () => call('count')));
  expect(counts.map(({ text }) => Number(text)).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('what a tool says against a call, and what the protocol does, are error results', async () => {
  expect(await call('add', { a: 1, b: 2 })).toEqual({ text: '3', isError: false });
  expect(await call('fail')).toEqual({ text: 'no such file', isError: true });
  expect(await call('nope')).toMatchObject({ text: expect.stringContaining('nope'), isError: true });
  expect(await call('add', { a: 'x' })).toMatchObject({
    text: expect.stringMatching(/expected number/i),
    isError: true,
  });
});

test('structured content stands in for text; what is no text is told of in short', async () => {
  expect(await call('structured')).toEqual({ text: '{"n":1}', isError: false });
  expect((await call('mixed')).text).toBe(
    [
      'before',
      '[image image/png, 3 bytes, left out]',
      '[resource file:///a.md text/markdown]\n# A',
      '[resource file:///a.bin, 6 bytes, left out]',
      '[link to b file:///b.md]',
    ].join('\n'),
  );
});

test('a text over 256 kB is cut between characters', async () => {
  const limit = 256 * 1024;
  expect((await call('large', { size: limit })).text).toBe('ü'.repeat(limit / 2));
  const { text } = await call('large', { size: limit + 10 });
  expect(text).toBe(`${'ü'.repeat(limit / 2)}\n[… 10 bytes left out …]`);
});

test('a secret that stands where a text is cut is hidden as a whole', async () => {
  const own = open({ hider: hiderOf('üü') });
  const { text } = await callOf(own, sdkServer, 'large', { size: 256 * 1024 + 2 });
  expect(text).toMatch(/^\**ü$/);
});

test('the environment is what was allowed and its own, secrets by their value, and nothing of this process', async () => {
  const jobDir = tempDir();
  mkdirSync(join(jobDir, 'inner'));
  process.env['ORCH_TEST_LEAK'] = 'x';
  const own = open({ env: { PATH: '/bin', LANG: 'C' }, jobDir, secrets: new Map([['TOKEN', 'hush']]) });
  const where = { ...sdkServer.where, cwd: 'inner', env: { KEY: { secret: 'TOKEN' }, LANG: 'de' } };
  const { text } = await callOf(own, { name: 'tests', where }, 'env');
  expect(JSON.parse(text)).toEqual({ cwd: join(jobDir, 'inner'), PATH: '/bin', LANG: 'de', KEY: 'hush' });
  const unknown = { ...sdkServer.where, env: { KEY: { secret: 'OTHER' } } };
  await expect(callOf(own, { name: 'x', where: unknown }, 'env')).rejects.toMatchObject({ code: 'usage' });
});
