import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Json, PlanStep } from '@orch/contracts';
import { manifest as manifestSchema } from '@orch/contracts/schemas';
import { verifyLog } from '@orch/events';
import { isLocked } from '@orch/filestore';
import { FakeClock, tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { startRun } from '../index.ts';
import { ask, jobOf, once, step, write } from '../testing/plan.ts';
import { probe, witness } from '../testing/probe.ts';
import { linesOf, portsOf, runJob } from '../testing/run-job.ts';
import type { StartSettings } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';

test('a run ends with a verified log, a manifest of the schema, and a free lock', async () => {
  const runsDir = tempDir();
  const { events, result, dir } = await execute(
    [write('a', { 'a.md': 'A' }), write('b', { 'b.md': '{{ steps.a.status }}' }, ['a'])],
    {
      runsDir,
    },
  );
  expect(result.status).toBe('succeeded');
  expect(manifestSchema.parse(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')))).toEqual(result.manifest);
  const verified = await verifyLog(join(dir, 'events.jsonl'));
  expect(verified).toMatchObject({ ok: true, value: { last: { seq: events.length } } });
  expect(readFileSync(join(dir, 'outputs/test/b.md'), 'utf8')).toBe('succeeded');
  expect(readFileSync(join(runsDir, 'latest', 'manifest.json'), 'utf8')).toContain(result.jobId);
  expect(isLocked(join(dir, 'run.lock'))).toBe(false);
});

test('no step starts before the end of what it needs is in the log, and its start is on disc before it runs', async () => {
  const dir = tempDir();
  const seen: Record<string, string[]> = {};
  const kind = probe(({ step, dirs }) => {
    seen[step] = linesOf(dirs.run).map(({ type, step: of }) => `${type} ${of ?? ''}`);
    return step;
  });
  await execute(
    [step('a'), step('b', { needs: ['a'] }), step('c', { needs: ['a'] }), step('d', { needs: ['b', 'c'] })],
    {
      runsDir: dir,
      kinds: [kind],
    },
  );
  expect(seen['b']).toEqual(expect.arrayContaining(['step.succeeded a', 'step.started b']));
  expect(seen['d']).toEqual(expect.arrayContaining(['step.succeeded b', 'step.succeeded c', 'step.started d']));
});

test('item k of the second step starts while other items of the first still run', async () => {
  const gate = Promise.withResolvers<void>();
  const kind = probe(async ({ step, item }) => {
    if (step === 'first' && item === 'slow') await gate.promise;
    if (step === 'second' && item === 'fast') gate.resolve();
    return `${step} ${item}`;
  });
  const each = { list: ['slow', 'fast'], key: '{{ item }}', max_items: 10 };
  const steps = [step('first', { each }), step('second', { needs: ['first'], each: { from: 'first', max_items: 10 } })];
  const { result, events } = await execute(steps, { kinds: [kind] });
  expect(result.status).toBe('succeeded');
  const order = events.flatMap(({ type, step, item }) => (item === undefined ? [] : [`${type} ${step} ${item}`]));
  expect(order.indexOf('step.succeeded second fast')).toBeLessThan(order.indexOf('step.succeeded first slow'));
  expect(result.manifest.steps['second']).toMatchObject({ status: 'succeeded', items: { total: 2, succeeded: 2 } });
});

test('never more items of a step run at once than its max_parallel, nor more in all than concurrency', async () => {
  const running = { limited: 0, free: 0 };
  const most = { limited: 0, all: 0 };
  const kind = probe(async ({ step }) => {
    const name = step as 'limited' | 'free';
    running[name]++;
    most.limited = Math.max(most.limited, running.limited);
    most.all = Math.max(most.all, running.limited + running.free);
    await new Promise((resolve) => setImmediate(resolve));
    running[name]--;
    return null;
  });
  const list = Array.from({ length: 20 }, (_, at) => at);
  const steps = [
    step('limited', { each: { list, max_items: 100, max_parallel: 2 } }),
    step('free', { each: { list, max_items: 100 } }),
  ];
  await execute(steps, { kinds: [kind], plan: { concurrency: 5 } });
  expect(most).toEqual({ limited: 2, all: 5 });
});

test('to find items and to join them waits for no free place: only steps and items take one', async () => {
  const { kind } = witness();
  const each = { list: [1], key: 'one', max_items: 10 };
  const steps = [step('many', { each }), step('other'), step('after', { needs: ['other'] })];
  const { events } = await execute(steps, { kinds: [kind], plan: { concurrency: 1 } });
  const ends = events.filter(({ type }) => type === 'step.succeeded').map(({ step, item }) => item ?? step);
  expect(ends).toEqual(['other', 'one', 'many', 'after']);
});

test('a failed step fails the job: what needs it is skipped for that, the rest because the job failed', async () => {
  const kind = probe(({ step }) => {
    if (step === 'bad') throw new OrchError('assertion', 'no good', { retryable: false });
    return null;
  });
  const steps = [step('bad'), step('after', { needs: ['bad'] }), step('last', { needs: ['after'] }), step('other')];
  const { result, events } = await execute(steps, { kinds: [kind], plan: { concurrency: 1 } });
  expect(result).toMatchObject({ status: 'failed', manifest: { failures: [{ step: 'bad', code: 'assertion' }] } });
  const skips = events.flatMap((event) => (event.type === 'step.skipped' ? [[event.step, event.data.reason]] : []));
  expect(Object.fromEntries(skips)).toEqual({
    after: 'dependency_failed',
    last: 'dependency_skipped',
    other: 'job_failed',
  });
  expect(events.at(-1)).toMatchObject({ type: 'job.failed', level: 'ERROR', data: { error: { message: 'no good' } } });
});

test('a failed item fails its step once, after the items that still ran', async () => {
  const gate = Promise.withResolvers<void>();
  const kind = probe(async ({ item }) => {
    if (item === 'bad') {
      setImmediate(gate.resolve);
      throw new OrchError('assertion', 'no good', { retryable: false });
    }
    await gate.promise;
    return null;
  });
  const each = { list: ['bad', 'good'], key: '{{ item }}', max_items: 10 };
  const { events, result } = await execute([step('many', { each }), step('after', { needs: ['many'] })], {
    kinds: [kind],
  });
  const order = events.map(({ type, step = '', item = '' }) => [type, step, item].join(' ').trim());
  expect(order.slice(-4)).toEqual(['step.succeeded many good', 'step.failed many', 'step.skipped after', 'job.failed']);
  expect(result.manifest.failures.at(-1)).toMatchObject({
    step: 'many',
    message: '1 of 2 items failed, first bad: no good',
  });
});

test('a retryable failure is tried again as often as the step says, and each attempt is numbered', async () => {
  let calls = 0;
  const kind = probe(({ attempt }) => {
    if (++calls < 3) throw new OrchError('command_failed', `attempt ${attempt}`);
    return attempt;
  });
  const retry = { tries: 2, backoff: 'fixed', base_s: 0, max_s: 0, jitter: false } as const;
  const { events, result } = await execute([step('flaky', { retry })], { kinds: [kind] });
  expect(result.manifest.steps['flaky']).toMatchObject({ status: 'succeeded', attempts: 3 });
  const failed = events.filter((event) => event.type === 'step.failed');
  expect(failed.map(({ level, data }) => [level, data.attempt, data.will_retry])).toEqual([
    ['WARN', 1, true],
    ['WARN', 2, true],
  ]);
});

test('a step that takes longer than timeout_s fails with code timeout', async () => {
  const clock = new FakeClock();
  const kind = probe(async ({ signal }) => {
    void clock.advance(30_000);
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    return null;
  });
  const { result } = await execute([step('slow', { timeout_s: 30 })], { kinds: [kind], clock });
  expect(result.manifest.failures).toMatchObject([{ step: 'slow', kind: 'timeout', code: 'timeout' }]);
});

test('a step that ignores its signal does not keep the run', async () => {
  const clock = new FakeClock();
  const kind = probe(() => {
    void clock.advance(10_000).then(() => clock.advance(10_000));
    return new Promise<never>(() => undefined);
  });
  const { result } = await execute([step('deaf', { timeout_s: 10 })], { kinds: [kind], clock });
  expect(result.manifest.failures).toMatchObject([{ step: 'deaf', code: 'timeout' }]);
});

test('a job that takes longer than its timeout_s gives steps in flight a terminal event', async () => {
  const clock = new FakeClock();
  const kind = probe(({ signal }) => {
    void clock.advance(60_000);
    return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  });
  const { result, events } = await execute([step('slow'), step('later', { needs: ['slow'] })], {
    kinds: [kind],
    clock,
    plan: { timeout_s: 60 },
  });
  expect(result.status).toBe('failed');
  expect(events.slice(-3)).toMatchObject([
    { type: 'step.failed', step: 'slow', data: { code: 'timeout' } },
    { type: 'step.skipped', step: 'later', data: { reason: 'job_failed' } },
    { type: 'job.failed', data: { error: { code: 'timeout' } } },
  ]);
});

test.each([
  ['cancel()', 'canceled', 'job.canceled'],
  ['an interrupt', 'paused', 'job.paused'],
])('%s ends the run as %s, its running steps as canceled, and leaves the others pending', async (how, status, last) => {
  const stop = new AbortController();
  const stopper: { stop?: () => void } = {};
  const kind = probe(({ signal }) => {
    setImmediate(() => stopper.stop?.());
    return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  });
  const handle = startRun(jobOf([step('long'), step('later', { needs: ['long'] })]), portsOf({ kinds: [kind] }), {
    runsDir: tempDir(),
    signal: stop.signal,
  });
  stopper.stop = () =>
    how === 'cancel()' ? handle.cancel('enough') : stop.abort(new OrchError('interrupted', 'Interrupted by a signal.'));
  const events = [];
  for await (const event of handle) events.push(event);
  const result = await handle.result;
  expect(result.status).toBe(status);
  expect(result.manifest).toMatchObject({ pending_steps: ['long', 'later'], steps: { later: { status: 'pending' } } });
  expect(events.at(-1)?.type).toBe(last);
  expect(events.at(-2)).toMatchObject({ type: 'step.canceled', step: 'long' });
});

test('only the named step and what it needs run; the others stay pending', async () => {
  const ran: string[] = [];
  const kind = probe(({ step }) => (ran.push(step), null));
  const steps = [step('a'), step('b', { needs: ['a'] }), step('c', { needs: ['b'] }), step('d')];
  const { result } = await execute(steps, { kinds: [kind], only: 'b' });
  expect(ran).toEqual(['a', 'b']);
  expect(result.manifest).toMatchObject({
    status: 'succeeded',
    completed_steps: ['a', 'b'],
    pending_steps: ['c', 'd'],
  });
});

test('a runs folder that cannot be made rejects the result with io, before anything else', async () => {
  const file = join(tempDir(), 'file');
  writeFileSync(file, '');
  const handle = startRun(jobOf([step('a')]), portsOf({}), { runsDir: join(file, 'runs') });
  await expect(handle.result).rejects.toMatchObject({ code: 'io', exit: 2 });
});

test('a question that was answered in an earlier run is not asked again, in the same step', async () => {
  const runsDir = tempDir();
  const model = scripted(['one']);
  const first = await execute([ask('q')], { runsDir, provider: model.provider });
  const second = await execute([ask('q')], { runsDir, provider: model.provider });
  expect(model.asked).toHaveLength(1);
  expect([first, second].map(({ result }) => result.manifest.steps['q'])).toMatchObject([
    { provider_calls: 1, cache_hits: 0 },
    { provider_calls: 0, cache_hits: 1 },
  ]);
  expect(existsSync(join(runsDir, '.cache', 'entries'))).toBe(true);
});

test('answers that are worth nothing to others stay in the folder of their run', async () => {
  const runsDir = tempDir();
  const model = scripted(['one', 'two'], { shareable: false });
  await execute([ask('q')], { runsDir, provider: model.provider });
  await execute([ask('q')], { runsDir, provider: model.provider });
  expect(model.asked).toHaveLength(2);
  expect(existsSync(join(runsDir, '.cache'))).toBe(false);
});

test('an answer that does not fit is marked, and the next attempt asks for the next sample', async () => {
  const model = scripted(['no json here', '{"title": "yes"}']);
  const repair = { rounds: 0 };
  const fields = { prompt: 'p', output: 'json', schema: { type: 'object', required: ['title'] }, repair };
  const { result, events } = await execute([ask('q', { fields, retry: once })], { provider: model.provider });
  expect(result.status).toBe('succeeded');
  expect(model.asked.map(({ asked }) => asked.sample)).toEqual([0, 1]);
  const keys = events.flatMap((event) => (event.type === 'llm.request' ? [event.data.cache_key] : []));
  expect(new Set(keys).size).toBe(2);
  expect(events.find(({ type }) => type === 'reply.rejected')).toMatchObject({
    data: { cache_key: keys[0], by: 'llm' },
  });
});

test('with cache: on a later run takes the output and the files of an earlier one, unless an input changed', async () => {
  const runsDir = tempDir();
  let calls = 0;
  const kind = probe(async ({ write: put }) => {
    await put('made.txt', `made ${++calls}`);
    return calls;
  });
  const rounds = ['same', 'same', 'other'].map((input) => step('make', { cache: 'on', fields: { input } }));
  const made: (readonly [Json | undefined, string])[] = [];
  for (const round of rounds) {
    const { result, dir } = await execute([round], { runsDir, kinds: [kind] });
    const { steps, files } = result.manifest;
    expect(files).toMatchObject([{ path: 'outputs/test/made.txt' }]);
    made.push([steps['make']?.output?.inline, readFileSync(join(dir, 'outputs/test/made.txt'), 'utf8')]);
  }
  expect(made).toEqual([
    ['1', 'made 1'],
    ['1', 'made 1'],
    ['2', 'made 2'],
  ]);
});

test('a truncated answer is kept, fails the step, and is not bought again', async () => {
  const runsDir = tempDir();
  const model = scripted([{ text: 'half', finishReason: 'length', usage: {} }]);
  for (let round = 0; round < 2; round++) {
    const { result } = await execute([ask('q', { retry: once })], { runsDir, provider: model.provider });
    expect(result.manifest.failures).toMatchObject([{ step: 'q', code: 'truncated' }]);
  }
  expect(model.asked).toHaveLength(1);
});

test('files of an answer that would leave the folder of outputs are refused, and none of them is written', async () => {
  const bad = '```js ok.mjs\n1\n```\n\n```js ../../evil.mjs\n2\n```\n';
  const model = scripted([bad]);
  const steps = [ask('q', { fields: { prompt: 'p', output: 'files', repair: { rounds: 0 } } })];
  const { result, dir } = await execute(steps, { provider: model.provider });
  expect(result.manifest.failures).toMatchObject([{ step: 'q', code: 'bad_answer' }]);
  expect(result.manifest.files).toEqual([]);
  expect(existsSync(join(dir, 'outputs', 'test', 'ok.mjs'))).toBe(false);
});

test('what a step sees of its needs is their real output, also when it is large', async () => {
  const large = 'x'.repeat(100_000);
  const kind = probe(({ step, scope }) => (step === 'a' ? { large } : (scope.steps['a']?.output ?? null)));
  const { result } = await execute([step('a'), step('b', { needs: ['a'] })], { kinds: [kind] });
  const { a, b } = result.manifest.steps;
  expect(b?.output?.sha256).toBe(a?.output?.sha256);
  expect(b?.output).not.toHaveProperty('inline');
});

test('items are followed also after the step that has them was joined', async () => {
  const kind = probe(({ step: id, item }) => `${id} ${item}`);
  const steps = [
    step('first', { each: { list: ['x', 'y'], key: '{{ item }}', max_items: 10 } }),
    step('between', { needs: ['first'] }),
    step('second', { needs: ['first', 'between'], each: { from: 'first', max_items: 10 } }),
  ];
  const { result } = await execute(steps, { kinds: [kind] });
  expect(result.manifest.steps['second']).toMatchObject({ status: 'succeeded', items: { total: 2, succeeded: 2 } });
});

test('equal names of items are numbered, past the names that are taken', async () => {
  const each = { list: ['a', 'a-2', 'a', 'a'], key: '{{ item }}', max_items: 10 };
  const { events, result } = await execute([step('many', { each })], { kinds: [probe(() => null)] });
  expect(result.status).toBe('succeeded');
  const keys = events.flatMap(({ type, item }) => (type === 'step.started' && item !== undefined ? [item] : []));
  expect(keys).toEqual(['a', 'a-2', 'a-3', 'a-4']);
});

test('the text of a file that a need wrote is what the need wrote', async () => {
  const steps = [
    write('a', { 'x.txt': 'from a' }),
    write('b', { 'x.txt': 'from b' }, ['a']),
    write('c', { 'c.txt': '{{ steps.a.files[0].path }}: {{ steps.a.files[0].text }}' }, ['a', 'b']),
  ];
  const { dir } = await execute(steps, {});
  expect(readFileSync(join(dir, 'outputs/test/c.txt'), 'utf8')).toBe('x.txt: from a');
});

test('an attempt that was given up can no longer write, and is not started again beside itself', async () => {
  const clock = new FakeClock();
  const ended = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  let starts = 0;
  const kind = probe(async ({ write: put }) => {
    starts++;
    void clock.advance(10_000).then(() => clock.advance(10_000));
    await ended.promise;
    late.resolve(await put('late.txt', 'late'));
    return new Promise<never>(() => undefined);
  });
  const { dir } = await execute([step('deaf', { timeout_s: 10, retry: once })], { kinds: [kind], clock });
  ended.resolve();
  expect(await late.promise).toMatchObject({ ok: false, error: { code: 'canceled' } });
  expect(existsSync(join(dir, 'outputs/test/late.txt'))).toBe(false);
  expect(starts).toBe(1);
});

test('a step whose items cannot be found fails itself, and its needs are not blamed', async () => {
  const each = { list: '{{ vars.list | map: "nope" }}', max_items: 10 };
  const steps = [step('many', { each }), step('after', { needs: ['many'] })];
  const { events } = await execute(steps, { kinds: [probe(() => null)], plan: { vars: { list: 'none' } } });
  const told = events.filter(({ type, step: id }) => id !== undefined && /failed|skipped/.test(type));
  expect(told.map(({ type, step: id }) => `${type} ${id}`)).toEqual(['step.failed many', 'step.skipped after']);
});

test('a step that waits for its next try is canceled when the job fails, and for that reason', async () => {
  const clock = new FakeClock();
  const kind = probe(({ step: id }) => {
    throw new OrchError('command_failed', 'no good', { retryable: id === 'again' });
  });
  const retry = { tries: 1, backoff: 'fixed', base_s: 60, max_s: 60, jitter: false } as const;
  const steps = [step('again', { retry }), step('bad')];
  const { events, result } = await execute(steps, { kinds: [kind], clock });
  expect(events.slice(-2).map(({ type, step: id }) => `${type} ${id ?? ''}`)).toEqual([
    'step.canceled again',
    'job.failed ',
  ]);
  expect(events.at(-2)).toMatchObject({ data: { reason: 'job_failed' } });
  expect(result.manifest.steps['again']).toMatchObject({ status: 'canceled' });
});

test('who iterates a run hears that it could not be kept, and nothing else ends the program', async () => {
  const file = join(tempDir(), 'file');
  writeFileSync(file, '');
  const handle = startRun(jobOf([step('a')]), portsOf({}), { runsDir: join(file, 'runs') });
  await expect(handle[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'io' });
});

type Settings = Partial<StartSettings>;

function execute(steps: readonly PlanStep[], { runsDir = tempDir(), ...more }: Settings) {
  return runJob(steps, { runsDir, ...more });
}
