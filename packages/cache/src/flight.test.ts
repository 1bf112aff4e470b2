import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Preimage } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { cacheKey, openCache } from './index.ts';
import type { GetOptions } from './index.ts';

const question: Preimage = { provider: { name: 'p', model: 'm', opts: {} }, step: 's', inputs: {} };

/** A computation that ends when told to. */
function held() {
  const calls: PromiseWithResolvers<string>[] = [];
  const signals: AbortSignal[] = [];
  const compute = (signal: AbortSignal) => {
    const call = Promise.withResolvers<string>();
    signal.addEventListener('abort', () => call.reject(signal.reason as Error));
    calls.push(call);
    signals.push(signal);
    return call.promise;
  };
  const started = async (count: number) => {
    while (calls.length < count) await new Promise(setImmediate);
  };
  return { compute, calls, signals, started };
}

function setUp() {
  const shared = tempDir();
  const { compute, calls, signals, started } = held();
  const open = () => openCache<string>(tempDir(), { shared, durability: 'relaxed' });
  const cache = open();
  const ask = (options?: GetOptions<string>) => cache.getOrCompute(question, compute, options);
  return { ask, calls, signals, started, open, shared, compute };
}

test('of many who ask at once one computes', async () => {
  const { ask, calls, started } = setUp();
  const asked = Array.from({ length: 20 }, () => ask());
  await started(1);
  calls[0]?.resolve('once');
  const answers = await Promise.all(asked);
  expect(calls).toHaveLength(1);
  expect(answers.map(({ from }) => from)).toEqual(['computed', ...Array<string>(19).fill('in_flight')]);
  expect(new Set(answers.map(({ value }) => value))).toEqual(new Set(['once']));
});

test.each(['off', 'run'] as const)('they share it in a run with %s too', async (mode) => {
  const { ask, calls, started } = setUp();
  const asked = [ask({ mode }), ask({ mode })];
  await started(1);
  calls[0]?.resolve('once');
  expect(await Promise.all(asked)).toMatchObject([{ from: 'computed' }, { value: 'once', from: 'in_flight' }]);
  expect(calls).toHaveLength(1);
});

test('when the one who computes fails, only it gets the error and the next computes', async () => {
  const { ask, calls, started } = setUp();
  const [first, second, third] = [ask(), ask(), ask()];
  await started(1);
  calls[0]?.reject(new Error('failed'));
  await expect(first).rejects.toThrow('failed');
  await started(2);
  calls[1]?.resolve('second');
  expect(await Promise.all([second, third])).toMatchObject([
    { from: 'computed' },
    { value: 'second', from: 'in_flight' },
  ]);
  expect(calls).toHaveLength(2);
});

test('an answer that is not kept is not handed to those who wait', async () => {
  const { ask, calls, started } = setUp();
  const [first, second] = [ask({ keep: () => false }), ask()];
  await started(1);
  calls[0]?.resolve('useless');
  expect(await first).toMatchObject({ value: 'useless', from: 'computed' });
  await started(2);
  calls[1]?.resolve('good');
  expect(await second).toMatchObject({ value: 'good', from: 'computed' });
});

test('who waits may leave without disturbing the others', async () => {
  const { ask, calls, started } = setUp();
  const impatient = new AbortController();
  const [first, leaving, staying] = [ask(), ask({ signal: impatient.signal }), ask()];
  await started(1);
  impatient.abort(new Error('enough'));
  await expect(leaving).rejects.toThrow('enough');
  calls[0]?.resolve('fine');
  expect(await Promise.all([first, staying])).toMatchObject([{ from: 'computed' }, { from: 'in_flight' }]);
  await expect(ask({ signal: impatient.signal })).rejects.toThrow('enough');
});

test('when the one who computes is called off, the next computes under its own signal', async () => {
  const { ask, calls, signals, started } = setUp();
  const [canceled, own] = [new AbortController(), new AbortController()];
  const [first, second] = [ask({ signal: canceled.signal }), ask({ signal: own.signal })];
  await started(1);
  canceled.abort(new Error('canceled'));
  await expect(first).rejects.toThrow('canceled');
  await started(2);
  expect(signals).toEqual([canceled.signal, own.signal]);
  calls[1]?.resolve('done');
  expect(await second).toMatchObject({ value: 'done', from: 'computed' });
});

test('who refreshes does not take what came home before its run began', async () => {
  const { ask, calls, started } = setUp();
  const first = ask();
  const refreshing = ask({ mode: 'refresh', since: '9999-01-01T00:00:00.000Z' });
  await started(1);
  calls[0]?.resolve('old');
  await first;
  await started(2);
  calls[1]?.resolve('new');
  expect(await refreshing).toMatchObject({ value: 'new', from: 'computed' });
});

test('two runs in one process share a flight through the shared folder, and no lock file stays', async () => {
  const { ask, calls, started, open, compute, shared } = setUp();
  const first = ask();
  await started(1);
  const second = open().getOrCompute(question, compute);
  const impatient = new AbortController();
  const leaving = open().getOrCompute(question, compute, { signal: impatient.signal });
  impatient.abort(new Error('enough'));
  await expect(leaving).rejects.toThrow('enough');
  expect(readdirSync(join(shared, 'flights'))).toEqual([`${cacheKey(question)}.lock`]);
  calls[0]?.resolve('once');
  expect(await Promise.all([first, second])).toMatchObject([
    { from: 'computed' },
    { value: 'once', from: 'in_flight' },
  ]);
  expect(calls).toHaveLength(1);
  expect(readdirSync(join(shared, 'flights'))).toEqual([]);
});

const asker = `
  import { appendFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { openCache } from '@orch/cache';
  const [dir, shared, counter] = process.argv.slice(1);
  const cache = openCache(dir, { shared, durability: 'relaxed' });
  process.on('message', async (round) => {
    const question = { provider: { name: 'p', model: 'm', opts: {} }, step: 's', inputs: { round } };
    const compute = async () => {
      appendFileSync(counter, round + '\\n');
      await sleep(10); // a call takes time
      return process.pid + ' in round ' + round;
    };
    process.send(await cache.getOrCompute(question, compute));
  });
  process.send('ready');
`;

test('of two processes that ask at the same moment one calls, in each of ten rounds', async () => {
  const base = tempDir();
  const counter = join(base, 'calls');
  writeFileSync(counter, '');
  const children = ['a', 'b'].map((run) => {
    const args = ['--conditions=@orch/source', '--input-type=module-typescript', '-e', asker];
    const child = spawn(process.execPath, [...args, join(base, run), join(base, 'shared'), counter], {
      cwd: join(import.meta.dirname, '..'),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    onTestFinished(() => void child.kill());
    return child;
  });
  const answers = () => Promise.all(children.map(async (child) => ((await once(child, 'message')) as unknown[])[0]));
  await answers();
  for (let round = 0; round < 10; round++) {
    const answered = answers();
    for (const child of children) child.send(round);
    const [a, b] = (await answered) as { value: string; from: string }[];
    expect(a?.value).toBe(b?.value);
    expect([a?.from, b?.from].filter((from) => from === 'computed')).toHaveLength(1);
  }
  const calls = readFileSync(counter, 'utf8').trim().split('\n');
  expect(calls).toEqual(Array.from({ length: 10 }, (_, round) => String(round)));
});
