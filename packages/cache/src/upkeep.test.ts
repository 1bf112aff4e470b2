import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Preimage } from '@orch/contracts';
import { acquireLock, openBlobs } from '@orch/filestore';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { cacheKey, openCache, openSharedCache, sha256 } from './index.ts';

const hour = 3_600_000;

function question(prompt: string, step = 'extract'): Preimage {
  const messages = [{ role: 'user', sha256: sha256(prompt) }];
  return { provider: { name: 'ollama', model: 'llama3', opts: {} }, step, inputs: { messages } };
}

const never = () => Promise.reject(new Error('must not be computed'));

/** A shared folder, in which files can be made to look old. */
function setUp() {
  const shared = tempDir();
  const blobs = openBlobs(join(shared, 'blobs'), { durability: 'relaxed' });
  const open = () => openCache<string>(tempDir(), { shared, durability: 'relaxed' });
  const blob = (content: string) => join(shared, 'blobs', sha256(content).slice(0, 2), sha256(content));
  const entry = (prompt: string) => join(shared, 'entries', 'extract', `${cacheKey(question(prompt))}.json`);
  return {
    shared,
    open,
    blob,
    entry,
    cache: openSharedCache(shared),
    /** The prompt as a blob and the answer to it, last used so many hours ago. */
    put: async (prompt: string, { hours = 0, reply = 'fine' } = {}) => {
      blobs.put(prompt);
      await open().getOrCompute(question(prompt), async () => reply);
      for (const path of [blob(prompt), entry(prompt)]) age(path, hours);
    },
    left: () => ['first', 'second', 'third'].filter((prompt) => existsSync(entry(prompt))),
  };
}

function age(path: string, hours: number): void {
  const then = new Date(Date.now() - hours * hour);
  utimesSync(path, then, then);
}

test('stats counts entries and blobs and says when they were used', async () => {
  const { cache, put, entry, blob } = setUp();
  expect(cache.stats()).toEqual({ entries: 0, blobs: 0, bytes: 0 });
  await put('first', { hours: 48 });
  await put('second', { hours: 1 });
  const bytes = [entry('first'), entry('second'), blob('first'), blob('second')].map(
    (path) => readFileSync(path).length,
  );
  const { oldest = '', newest = '', ...counts } = cache.stats();
  expect(counts).toEqual({ entries: 2, blobs: 2, bytes: bytes.reduce((sum, size) => sum + size) });
  expect(Date.parse(newest) - Date.parse(oldest)).toBeCloseTo(47 * hour, -4);
});

test('list tells of entries in the order of their use, keys of all that begin so', async () => {
  const { cache, put, entry } = setUp();
  await put('first', { hours: 2 });
  await put('second', { hours: 3 });
  const [first, second] = [cacheKey(question('first')), cacheKey(question('second'))];
  const listed = [...cache.list()];
  expect(listed.map((each) => each.entry.key)).toEqual([first, second]);
  expect(listed[0]).toMatchObject({ entry: { response: 'fine' }, bytes: readFileSync(entry('first')).length });
  expect([...cache.list('other')]).toEqual([]);
  expect(cache.keys().sort()).toEqual([first, second].sort());
  expect(cache.keys(first.slice(0, 20))).toEqual([first]);
});

test('what was not used for long goes, what another run took meanwhile stays', async () => {
  const { cache, put, left, open } = setUp();
  await put('first', { hours: 48 });
  await put('second', { hours: 48 });
  await put('third', { hours: 12 });
  expect(await cache.prune({ olderThanMs: 72 * hour })).toEqual({ entries: 0, blobs: 0, leftovers: 0, bytes: 0 });
  await open().getOrCompute(question('second'), never);
  expect(await cache.prune({ olderThanMs: 24 * hour })).toMatchObject({ entries: 1, blobs: 1 });
  expect(left()).toEqual(['second', 'third']);
  await cache.prune({ olderThanMs: 24 * hour, now: Date.now() + 23 * hour });
  expect(left()).toEqual(['second']);
});

test('the oldest go until the others and their blobs fit', async () => {
  const { cache, put, left, blob } = setUp();
  const prompts = ['first', 'second', 'third'];
  for (const [at, prompt] of prompts.entries()) await put(prompt, { hours: 10 - at, reply: 'x'.repeat(10_000) });
  const { bytes } = cache.stats();
  await cache.prune({ maxBytes: bytes });
  expect(left()).toEqual(prompts);
  await cache.prune({ maxBytes: bytes - 1 });
  expect(left()).toEqual(['second', 'third']);
  expect(prompts.map((prompt) => existsSync(blob(prompt)))).toEqual([false, true, true]);
  expect(await cache.prune({ maxBytes: 0 })).toMatchObject({ entries: 2, blobs: 2 });
  expect(cache.stats()).toEqual({ entries: 0, blobs: 0, bytes: 0 });
});

test('a run that has an answer keeps it when the shared one goes', async () => {
  const { cache, open } = setUp();
  const run = open();
  await run.getOrCompute(question('first'), async () => 'paid');
  expect(cache.remove(cacheKey(question('first')))).toBe(true);
  expect(cache.remove(cacheKey(question('first')))).toBe(false);
  expect(await run.getOrCompute(question('first'), never)).toMatchObject({ value: 'paid', from: 'run' });
  expect(await open().getOrCompute(question('first'), async () => 'again')).toMatchObject({ from: 'computed' });
});

test('a blob that no entry names goes after an hour, unless somebody is asking with it', async () => {
  const { cache, put, blob, open } = setUp();
  for (const prompt of ['first', 'second', 'third']) {
    await put(prompt, { hours: 2 });
    cache.remove(cacheKey(question(prompt)));
  }
  age(blob('third'), 0.9);
  await open().getOrCompute(question('second'), async () => {
    expect(await cache.prune()).toMatchObject({ entries: 0, blobs: 1 });
    return 'fine';
  });
  expect(['first', 'second', 'third'].map((prompt) => existsSync(blob(prompt)))).toEqual([false, true, true]);
});

test('locks that nobody holds and unfinished files go after an hour', async () => {
  const { cache, shared, put } = setUp();
  await put('first');
  const flights = join(shared, 'flights');
  const lockOf = (name: string) => join(flights, `${sha256(name)}.lock`);
  for (const name of ['left', 'young', 'held']) (await acquireLock(lockOf(name))).release();
  const held = await acquireLock(lockOf('held'));
  const [draft = '', growing = ''] = ['0', '1'].map((n) =>
    join(shared, 'entries', 'extract', `.orch-0123456789ab-${n}.tmp`),
  );
  for (const path of [draft, growing]) writeFileSync(path, 'half');
  for (const path of [lockOf('left'), lockOf('held'), draft]) age(path, 2);
  expect(await cache.prune()).toEqual({ entries: 0, blobs: 0, leftovers: 2, bytes: 4 });
  expect(readdirSync(flights).sort()).toEqual([`${sha256('young')}.lock`, `${sha256('held')}.lock`].sort());
  expect([existsSync(draft), existsSync(growing)]).toEqual([false, true]);
  held.release();
});

test('verify names every entry and blob that cannot be used, and why', async () => {
  const { cache, put, entry, blob, shared } = setUp();
  for (const prompt of ['first', 'second', 'third']) await put(prompt);
  expect(cache.verify()).toEqual({ entries: 3, blobs: 3, misfits: [] });

  const change = (path: string, edit: (text: string) => string) => {
    chmodSync(path, 0o644);
    writeFileSync(path, edit(readFileSync(path, 'utf8')));
  };
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, readFileSync(from));
    return to;
  };
  change(entry('first'), (text) => text.replace('"fine"', '"fina"'));
  change(entry('second'), (text) => text.replace('llama3', 'llama4'));
  change(blob('second'), () => 'other');
  const elsewhere = copy(entry('third'), join(shared, 'entries', 'other', `${cacheKey(question('third'))}.json`));
  const renamed = copy(entry('third'), join(shared, 'entries', 'extract', `${sha256('x')}.json`));
  const torn = join(shared, 'entries', 'extract', `${sha256('torn')}.json`);
  writeFileSync(torn, readFileSync(entry('third'), 'utf8').slice(0, -9));
  const misplaced = copy(blob('third'), join(shared, 'blobs', 'zz', sha256('third')));

  const { misfits, ...counts } = cache.verify();
  expect(counts).toEqual({ entries: 6, blobs: 4 });
  expect(Object.fromEntries(misfits.map(({ path, reason }) => [path, reason]))).toEqual({
    [entry('first')]: expect.stringContaining('its response does not fit'),
    [entry('second')]: expect.stringContaining('its preimage does not give key'),
    [elsewhere]: expect.stringContaining('it is of step extract'),
    [renamed]: expect.stringContaining(`expected key ${sha256('x')}`),
    [torn]: 'it is not a JSON object',
    [blob('second')]: `its content has sha256 ${sha256('other')}`,
    [misplaced]: expect.stringContaining('expected in the folder'),
  });
});

test('a cache without a shared folder looks after its own', async () => {
  const cache = openCache<string>(tempDir(), { durability: 'relaxed' });
  await cache.getOrCompute(question('first'), async () => 'fine');
  expect(cache.stats()).toMatchObject({ entries: 1, blobs: 0 });
  expect(cache.verify()).toEqual({ entries: 1, blobs: 0, misfits: [] });
  expect(await cache.prune({ olderThanMs: 0, now: Date.now() + hour })).toMatchObject({ entries: 1 });
  expect(cache.stats().entries).toBe(0);
});
