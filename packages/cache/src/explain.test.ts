import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Preimage } from '@orch/contracts';
import { FakeClock, tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { cacheKey, openCache, sha256 } from './index.ts';
import type { EntryFilter } from './index.ts';

function item(n: number, opts: Preimage['provider']['opts'] = { temperature: 0.1, seed: 1 }): Preimage {
  const messages = [{ role: 'user', sha256: sha256(`item ${n}`) }];
  return { provider: { name: 'ollama', model: 'llama3', opts }, step: 'extract', inputs: { messages } };
}

async function filled(count: number) {
  const shared = tempDir();
  const open = () => openCache<string>(tempDir(), { shared, durability: 'relaxed' });
  const cache = open();
  for (let n = 0; n < count; n++) await cache.getOrCompute(item(n), async () => `reply ${n}`);
  return { cache, other: open() };
}

test('a hit differs in nothing', async () => {
  const { other } = await filled(2);
  expect(other.explain(item(1))).toEqual({ hit: true, nearest: cacheKey(item(1)), changed: [] });
});

test('of many entries the one that differs least is found, also by another process later', async () => {
  const { cache, other } = await filled(50);
  for (const known of [cache, other]) {
    const warmer = item(7, { temperature: 0.2, seed: 1 });
    const nearest = cacheKey(item(7));
    expect(known.explain(warmer)).toEqual({ hit: false, nearest, changed: ['provider.opts.temperature'] });
    const bare = { ...item(7, {}), inputs: { ...item(7).inputs, schema: sha256('s') } };
    const changed = ['inputs.schema', 'provider.opts.seed', 'provider.opts.temperature'];
    expect(known.explain(bare)).toEqual({ hit: false, nearest, changed });
    expect(known.explain(item(99)).changed).toEqual(['inputs.messages']);
  }
});

test('every part of the preimage has a name', async () => {
  const { other } = await filled(1);
  const asked: Preimage = {
    provider: { name: 'openai', model: 'm', opts: { temperature: 0.1, seed: 1 }, service: 'host/path' },
    step: 'extract',
    inputs: { messages: [] },
    code_version: 'abc',
    sample: 2,
  };
  const { changed } = other.explain(asked);
  const who = ['provider.model', 'provider.name', 'provider.service'];
  expect(changed).toEqual(['code_version', 'inputs.messages', ...who, 'sample']);
});

test('an entry with nothing in common is still the nearest when there is no other', async () => {
  const { other } = await filled(1);
  const asked = { provider: { name: 'openai', model: 'm', opts: {} }, step: 'extract', inputs: {} };
  const changed = [
    'inputs.messages',
    'provider.model',
    'provider.name',
    'provider.opts.seed',
    'provider.opts.temperature',
  ];
  expect(other.explain(asked)).toEqual({ hit: false, nearest: cacheKey(item(0)), changed });
});

test('only entries of the same step count', async () => {
  const { other } = await filled(1);
  expect(other.explain({ ...item(0), step: 'renamed' })).toEqual({ hit: false, changed: [] });
});

test('a new answer is the nearest to the next sample of its question', async () => {
  const { cache } = await filled(1);
  expect(cache.explain(item(5)).changed).toEqual(['inputs.messages']);
  await cache.getOrCompute(item(5), async () => 'bad');
  const nearest = cacheKey(item(5));
  expect(cache.explain({ ...item(5), sample: 1 })).toEqual({ hit: false, nearest, changed: ['sample'] });
});

test('an entry of the same sample is nearer than later answers to the question it stands for', async () => {
  const { cache, other } = await filled(1);
  for (const sample of [1, 2]) await cache.getOrCompute({ ...item(0), sample }, async () => 'again');
  for (const known of [cache, other]) {
    const found = { hit: false, nearest: cacheKey(item(0)), changed: ['inputs.messages'] };
    expect(known.explain(item(9))).toEqual(found);
    const second = { ...item(9), sample: 2 };
    expect(known.explain(second)).toEqual({ ...found, nearest: cacheKey({ ...item(0), sample: 2 }) });
    const fourth = known.explain({ ...item(0), sample: 3 });
    expect(fourth).toMatchObject({ hit: false, changed: ['sample'] });
  }
});

test('a miss of the past is explained by what was there then', async () => {
  const clock = new FakeClock();
  const shared = tempDir();
  const cache = openCache<string>(tempDir(), { shared, durability: 'relaxed', clock });
  const moments: string[] = [];
  for (const n of [1, 2, 3]) {
    moments.push(new Date(clock.now()).toISOString());
    await cache.getOrCompute(item(1, { temperature: n }), async () => 'x');
    await clock.advance(1_000);
  }
  const keys = [1, 2, 3].map((n) => cacheKey(item(1, { temperature: n })));
  const changed = ['provider.opts.temperature'];
  for (const known of [cache, openCache<string>(tempDir(), { shared })]) {
    const why = (n: number, filter: EntryFilter) => known.explain(item(1, { temperature: n }), filter);
    expect(why(3, { except: keys[2]! })).toEqual({ hit: false, nearest: keys[1], changed });
    expect(why(2, { except: keys[1]! })).toEqual({ hit: false, nearest: keys[2], changed });
    expect(why(2, { except: keys[1]!, before: moments[1]! })).toEqual({ hit: false, nearest: keys[0], changed });
    expect(why(2, { before: moments[1]! })).toEqual({ hit: false, nearest: keys[0], changed });
    expect(why(2, { before: moments[2]! })).toEqual({ hit: true, nearest: keys[1], changed: [] });
    expect(why(1, { before: moments[0]! })).toEqual({ hit: false, changed: [] });
  }
});

test('a later run that asked anew does not hide what this run was told', async () => {
  const clock = new FakeClock();
  const [mine, shared] = [tempDir(), tempDir()];
  const open = (dir: string) => openCache<string>(dir, { shared, durability: 'relaxed', clock });
  await open(mine).getOrCompute(item(1), async () => 'old');
  await clock.advance(1_000);
  const before = new Date(clock.now()).toISOString();
  await open(tempDir()).getOrCompute(item(1), async () => 'new', { mode: 'refresh' });
  const found = { hit: false, nearest: cacheKey(item(1)), changed: ['inputs.messages'] };
  expect(open(mine).explain(item(2), { before })).toEqual(found);
  expect(open(tempDir()).explain(item(2), { before })).toEqual({ hit: false, changed: [] });
});

test.each(['run', 'off', 'auto'] as const)(
  'the entries that only the run has are found too: asked with %s',
  async (mode) => {
    const [dir, shared] = [tempDir(), tempDir()];
    const open = () => openCache<string>(dir, { shared, durability: 'relaxed' });
    const cache = open();
    cache.explain(item(1));
    await cache.getOrCompute(item(1), async () => 'own', { mode });
    await cache.getOrCompute({ ...item(1), step: 'other' }, async () => 'own', { mode });
    rmSync(join(shared, 'entries'), { recursive: true, force: true });
    for (const known of [cache, open()]) {
      expect(known.explain(item(2))).toEqual({ hit: false, nearest: cacheKey(item(1)), changed: ['inputs.messages'] });
      const elsewhere = { ...item(2), step: 'other' };
      expect(known.explain(elsewhere)).toMatchObject({ nearest: cacheKey({ ...item(1), step: 'other' }) });
      expect(known.explain({ ...item(1), step: 'third' })).toEqual({ hit: false, changed: [] });
    }
  },
);

test('step ids that are no folder names keep their entries apart', async () => {
  const dir = tempDir();
  const open = () => openCache<string>(join(dir, 'run'), { shared: join(dir, 'shared'), durability: 'relaxed' });
  const odd = { ...item(0), step: '../../Odd step' };
  await open().getOrCompute(odd, async () => 'x');
  expect([...open().list('shared')].map(({ preimage }) => preimage.step)).toEqual([odd.step]);
  expect(open().explain({ ...odd, sample: 1 })).toMatchObject({ changed: ['sample'] });
});
