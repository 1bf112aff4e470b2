import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Preimage } from '@orch/contracts';
import { cacheEntry } from '@orch/contracts/schemas';
import { FakeClock, tempDir } from '@orch/testkit';
import { expect, test, vi } from 'vitest';
import { cacheKey, openCache, sha256 } from './index.ts';
import type { CacheOptions, CacheWarning } from './index.ts';

const question: Preimage = {
  provider: { name: 'ollama', model: 'llama3', opts: { temperature: 0.1 } },
  step: 'architect',
  inputs: { messages: [{ role: 'user', sha256: sha256('hello') }] },
};
const key = cacheKey(question);
const never = () => Promise.reject(new Error('must not be computed'));

type Reply = { text: string };

function runs() {
  const base = tempDir();
  const shared = join(base, '.cache');
  const open = (run: string, options: CacheOptions<Reply> = {}) =>
    openCache<Reply>(join(base, run, '.cache'), { shared, durability: 'relaxed', ...options });
  const own = (run: string) => join(base, run, '.cache', `${key}.json`);
  return { open, own, shared, sharedEntry: join(shared, 'entries', 'architect', `${key}.json`) };
}

test('an answer is computed once, then found in the run, then by other runs', async () => {
  const { open, own, sharedEntry } = runs();
  const first = await open('a').getOrCompute(question, async () => ({ text: 'hi' }));
  expect(first).toEqual({ value: { text: 'hi' }, key, from: 'computed' });
  expect(await open('a').getOrCompute(question, never)).toEqual({ ...first, from: 'run' });
  expect(await open('b').getOrCompute(question, never)).toEqual({ ...first, from: 'shared' });
  expect(await open('b').getOrCompute(question, never)).toEqual({ ...first, from: 'run' });
  expect(statSync(own('b')).ino).toBe(statSync(sharedEntry).ino);
});

test('an entry on disc has the public format, and the codec decides what is in it', async () => {
  const { open, own } = runs();
  const codec = {
    toEntry: ({ text }: Reply) => ({
      response: text,
      finish_reason: 'stop',
      usage: { tokens_in: 3 },
      model_reported: 'llama3:8b',
      paid: { job_id: 'job_0123456789ab', request_id: '01J' },
    }),
    fromEntry: ({ response, finish_reason }: { response: unknown; finish_reason?: string }) => ({
      text: `${String(response)} (${finish_reason})`,
    }),
  };
  const cache = open('a', { codec, clock: new FakeClock(), orchVersion: '1.2.3' });
  expect((await cache.getOrCompute(question, async () => ({ text: 'hi' }))).value).toEqual({ text: 'hi' });
  expect((await cache.getOrCompute(question, never)).value).toEqual({ text: 'hi (stop)' });
  const entry = JSON.parse(readFileSync(own('a'), 'utf8')) as unknown;
  expect(cacheEntry.parse(entry)).toEqual({
    key,
    preimage: question,
    response: 'hi',
    finish_reason: 'stop',
    usage: { tokens_in: 3 },
    model_reported: 'llama3:8b',
    paid: { job_id: 'job_0123456789ab', request_id: '01J' },
    cached_at: '2026-01-01T00:00:00.000Z',
    orch_version: '1.2.3',
    sha256: sha256('hi'),
  });
  expect(cache.get(key)).toEqual(entry);
  expect([...cache.list()]).toEqual([entry]);
  expect([...open('b').list()]).toEqual([]);
  expect([...open('b').list('shared')]).toEqual([entry]);
  expect(open('b').get(key)).toEqual(entry);
});

function entryOf(preimage: Preimage): string {
  return JSON.stringify({ key: cacheKey(preimage), preimage, response: 'other', sha256: sha256('other') });
}

test.each<[string, (text: string) => string]>([
  ['torn', (text) => text.slice(0, -10)],
  ['of another question', (text) => text.replaceAll('"model":"llama3"', '"model":"llama4"')],
  ['a whole one of another question', () => entryOf({ ...question, sample: 1 })],
  ['under another name', (text) => text.replace(key, sha256('other'))],
  ['with another response', (text) => text.replace('"hi"', '"ho"')],
  ['no object', () => 'null'],
  ['without a response', () => JSON.stringify({ key, preimage: question })],
])('an entry that is %s counts as missing, with a warning, and is replaced', async (_, damage) => {
  const { open, own, sharedEntry } = runs();
  const cache = open('a', { onWarning: (warning) => warnings.push(warning) });
  const warnings: CacheWarning[] = [];
  await cache.getOrCompute(question, async () => ({ text: 'hi' }));
  const damaged = damage(readFileSync(own('a'), 'utf8'));
  writeFileSync(own('a'), damaged);
  expect(statSync(sharedEntry).size).toBe(damaged.length);
  expect(await cache.getOrCompute(question, async () => ({ text: 'new' }))).toMatchObject({ from: 'computed' });
  expect(new Set(warnings.map(({ path }) => path))).toEqual(new Set([own('a'), sharedEntry]));
  expect(await open('b').getOrCompute(question, never)).toMatchObject({ value: { text: 'new' }, from: 'shared' });
});

test('errors are not stored, nor are answers that are not to be kept', async () => {
  const { open, own } = runs();
  const cache = open('a');
  await expect(cache.getOrCompute(question, () => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  const kept = vi.fn((reply: Reply) => reply.text !== 'bad');
  const bad = await cache.getOrCompute(question, async () => ({ text: 'bad' }), { keep: kept });
  expect(bad.from).toBe('computed');
  expect(() => statSync(own('a'))).toThrow('ENOENT');
  await cache.getOrCompute(question, async () => ({ text: 'good' }), { keep: kept });
  expect(await cache.getOrCompute(question, never)).toMatchObject({ value: { text: 'good' }, from: 'run' });
});

test.each(['off', 'run'] as const)(
  'with %s the run keeps its answer and the shared folder is left alone',
  async (mode) => {
    const { open, shared } = runs();
    await open('a').getOrCompute(question, async () => ({ text: 'shared' }));
    const before = readdirSync(shared, { recursive: true });
    const answer = await open('b').getOrCompute(question, async () => ({ text: 'own' }), { mode });
    expect(answer).toMatchObject({ value: { text: 'own' }, from: 'computed' });
    expect(readdirSync(shared, { recursive: true })).toEqual(before);
    expect(await open('b').getOrCompute(question, never, { mode })).toMatchObject({
      value: { text: 'own' },
      from: 'run',
    });
    expect(await open('c').getOrCompute(question, never)).toMatchObject({ value: { text: 'shared' } });
  },
);

test('refresh takes nothing older than the run, and stores the new answer for all', async () => {
  const { open } = runs();
  const clock = new FakeClock();
  const early = '2025-12-31T00:00:00.000Z';
  await open('a', { clock }).getOrCompute(question, async () => ({ text: 'old' }));
  await open('b', { clock }).getOrCompute(question, never);
  await clock.advance(1_000);

  const b = open('b', { clock });
  const refreshed = await b.getOrCompute(question, async () => ({ text: 'new' }), { mode: 'refresh' });
  expect(refreshed).toMatchObject({ value: { text: 'new' }, from: 'computed' });
  expect(await b.getOrCompute(question, never, { mode: 'refresh' })).toMatchObject({ from: 'run' });
  expect(await open('c', { clock }).getOrCompute(question, never)).toMatchObject({ value: { text: 'new' } });
  expect(await open('a').getOrCompute(question, never)).toMatchObject({ value: { text: 'old' } });
  const since = { mode: 'refresh', since: early } as const;
  expect(await open('a').getOrCompute(question, never, since)).toMatchObject({ value: { text: 'old' }, from: 'run' });
});

test('a key that JSON cannot carry is refused before anything is computed', async () => {
  const broken = { ...question, inputs: { a: undefined } } as unknown as Preimage;
  await expect(runs().open('a').getOrCompute(broken, never)).rejects.toMatchObject({ code: 'usage' });
});

test('a cache without a shared folder works alone', async () => {
  const cache = openCache<string>(join(tempDir(), 'cache'));
  await cache.getOrCompute(question, async () => 'hi');
  expect(await cache.getOrCompute(question, never)).toEqual({ value: 'hi', key, from: 'run' });
  const asked = { ...question, sample: 1 };
  expect(openCache(join(tempDir(), 'cache')).explain(asked)).toEqual({ hit: false, changed: [] });
  expect(cache.explain(asked)).toEqual({ hit: false, nearest: key, changed: ['sample'] });
});

test('a run folder that cannot be written to is an io error', async () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'file'), '');
  const cache = openCache<string>(join(dir, 'file'));
  await expect(cache.getOrCompute(question, async () => 'hi')).rejects.toMatchObject({ code: 'io' });
});

test('an entry that is refused is neither used nor taken over, and the answer computed instead takes its place', async () => {
  const { open, own } = runs();
  await open('a').getOrCompute(question, async () => ({ text: 'a secret' }));
  const warnings: CacheWarning[] = [];
  const refuse = ({ response }: { response: unknown }) =>
    (response as Reply).text.includes('secret') ? 'it holds a secret' : undefined;
  const careful = open('b', { refuse, onWarning: (warning) => warnings.push(warning) });
  expect(await careful.getOrCompute(question, async () => ({ text: '***' }))).toMatchObject({ from: 'computed' });
  expect(new Set(warnings.map(({ reason }) => reason))).toEqual(new Set(['it holds a secret']));
  expect(readFileSync(own('b'), 'utf8')).not.toContain('secret');
  expect(await open('c', { refuse }).getOrCompute(question, never)).toMatchObject({ value: { text: '***' } });
});
