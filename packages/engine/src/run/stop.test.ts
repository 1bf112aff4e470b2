import { OrchError } from '@orch/contracts';
import type { OrchEvent, PlanStep } from '@orch/contracts';
import { FakeClock, tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { startRun } from '../index.ts';
import { ask, each, jobOf, never, step } from '../testing/plan.ts';
import { probe, untilAborted } from '../testing/probe.ts';
import { nameOf, portsOf, resumeJob, runJob } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';

const relaxed = { durability: 'relaxed' } as const;
const interrupted = () => new OrchError('interrupted', 'Interrupted by a signal.');
const bad = () => new OrchError('assertion', 'no good', { retryable: false });

describe('when a step fails', () => {
  const steps = [
    step('bad'),
    step('sibling'),
    step('many', { each: each('x', 'y') }),
    step('after', { needs: ['bad'] }),
    step('last', { needs: ['after'] }),
    step('other', { needs: ['sibling'] }),
  ];

  test('what runs beside it finishes, the rest is skipped with a reason, and the job ends', async () => {
    const [open, failed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const kind = probe(async ({ step: id }) => {
      if (id === 'many') open.resolve();
      await (id === 'bad' ? open.promise : failed.promise);
      if (id !== 'bad') return id;
      setImmediate(failed.resolve);
      throw bad();
    });
    const { events, result } = await runJob(steps, { ...relaxed, kinds: [kind], runsDir: tempDir() });
    expect(result.status).toBe('failed');
    expect(stateOf(result.manifest)).toMatchObject({ bad: 'failed', sibling: 'succeeded' });
    expect(result.manifest.steps['many']).toMatchObject({ items: { total: 2, succeeded: 2, failed: 0 } });
    expect(reasonsOf(events)).toEqual({ after: 'dependency_failed', last: 'dependency_skipped', other: 'job_failed' });
  });

  test('with failFast, what runs beside it sees its signal and is canceled', async () => {
    const kind = probe(async (host) => {
      if (host.step === 'sibling' || host.step === 'many') return untilAborted(host);
      throw bad();
    });
    const { events, result } = await runJob(steps, { ...relaxed, kinds: [kind], failFast: true, runsDir: tempDir() });
    expect(result).toMatchObject({ status: 'failed', manifest: { failures: [{ step: 'bad', message: 'no good' }] } });
    expect(stateOf(result.manifest)).toMatchObject({ bad: 'failed', sibling: 'canceled', many: 'canceled' });
    expect(reasonsOf(events)).toEqual({ after: 'job_failed', last: 'job_failed', other: 'job_failed' });
    const canceled = events.flatMap((event) => (event.type === 'step.canceled' ? [nameOf(event)] : []));
    expect(canceled.toSorted()).toEqual(['many', 'many/x', 'many/y', 'sibling']);
  });
});

describe('when the time of the job is over', () => {
  test('what is in flight fails as timeout with a message, the rest is skipped, the job fails as timeout', async () => {
    const clock = new FakeClock();
    const kind = probe((host) => {
      if (host.step === 'long') void clock.advance(60_000);
      return host.step === 'early' ? null : untilAborted(host);
    });
    const steps = [
      step('early'),
      step('many', { needs: ['early'], each: each('x', 'y', 'z') }),
      step('long', { needs: ['early'] }),
      step('after', { needs: ['long'] }),
      step('beside', { needs: ['after'] }),
    ];
    const plan = { timeout_s: 60, concurrency: 3 };
    const { events, result } = await runJob(steps, { ...relaxed, clock, plan, kinds: [kind], runsDir: tempDir() });
    const ends = events.flatMap((event) => (event.type === 'step.failed' ? [event] : []));
    expect(ends.map((event) => [nameOf(event), event.data.code])).toEqual(
      expect.arrayContaining([
        ['many/x', 'timeout'],
        ['long', 'timeout'],
        ['many', 'timeout'],
      ]),
    );
    expect(ends.every(({ data }) => data.message.includes('60'))).toBe(true);
    expect(reasonsOf(events)).toEqual({ after: 'job_failed', beside: 'job_failed', 'many/z': 'job_failed' });
    expect(result).toMatchObject({ status: 'failed', manifest: { pending_steps: ['many', 'long'] } });
    expect(events.at(-1)).toMatchObject({ type: 'job.failed', data: { error: { code: 'timeout' } } });
  });

  test('a step that hears nothing is given up, and the job ends all the same', async () => {
    const clock = new FakeClock();
    const kind = probe(() => {
      void clock.advance(60_000).then(() => clock.advance(10_000));
      return new Promise<never>(() => undefined);
    });
    const { result } = await runJob([step('deaf')], {
      ...relaxed,
      ...{ clock, kinds: [kind], plan: { timeout_s: 60 }, runsDir: tempDir() },
    });
    expect(result.status).toBe('failed');
    expect(result.manifest.failures).toMatchObject([{ step: 'deaf', code: 'timeout' }, { step: null }]);
  });

  test('the next attempt has all of it again', async () => {
    const clock = new FakeClock();
    let patient = false;
    const kind = probe(async (host) => {
      if (patient) return null;
      void clock.advance(60_000);
      return untilAborted(host);
    });
    const settings = { ...relaxed, clock, kinds: [kind], plan: { timeout_s: 60 } };
    const { dir } = await runJob([step('a')], { ...settings, runsDir: tempDir() });
    patient = true;
    expect((await resumeJob(dir, [step('a')], settings)).result.status).toBe('succeeded');
  });
});

describe('a drain', () => {
  const steps = [step('a'), step('many', { each: each('x', 'y', 'z') }), step('after', { needs: ['a'] })];

  test('starts nothing more, lets finish what runs, and pauses the run, which then goes on to the same end', async () => {
    const drain = new AbortController();
    const ran: string[] = [];
    const kind = probe(async (host) => {
      ran.push(nameOf({ step: host.step, ...(host.item !== undefined && { item: host.item }) }));
      if (host.step === 'a') drain.abort(interrupted());
      expect(host.signal.aborted).toBe(false);
      await new Promise((resolve) => setImmediate(resolve));
      return host.step;
    });
    const settings = { ...relaxed, kinds: [kind], plan: { concurrency: 2 } };
    const first = await runJob(steps, { ...settings, runsDir: tempDir(), drain: drain.signal });
    expect(first.result.status).toBe('paused');
    expect(first.events.at(-1)).toMatchObject({ type: 'job.paused', data: { reason: 'interrupted' } });
    expect(ran).toEqual(['a', 'many/x'].slice(0, ran.length));
    expect(stateOf(first.result.manifest)).toMatchObject({ a: 'succeeded', after: 'pending' });
    expect(first.result.manifest.failures).toEqual([]);
    const second = await resumeJob(first.dir, steps, settings);
    expect(second.result.status).toBe('succeeded');
    expect(ran.toSorted()).toEqual(['a', 'after', 'many/x', 'many/y', 'many/z']);
  });

  test('ends what has not finished when the grace is over, and no sooner', async () => {
    const clock = new FakeClock();
    const drain = new AbortController();
    let endedAt = 0;
    const kind = probe(async (host) => {
      drain.abort(interrupted());
      void clock.advance(7_000);
      return untilAborted(host).finally(() => (endedAt = clock.monotonic()));
    });
    const { result } = await runJob([step('long')], {
      ...relaxed,
      ...{ clock, kinds: [kind], drain: drain.signal, graceMs: 7_000, runsDir: tempDir() },
    });
    expect(endedAt).toBe(7_000);
    expect(result).toMatchObject({ status: 'paused', manifest: { steps: { long: { status: 'canceled' } } } });
  });

  test('is cut short by a signal', async () => {
    const clock = new FakeClock();
    const [drain, stop] = [new AbortController(), new AbortController()];
    const kind = probe(async (host) => {
      drain.abort(interrupted());
      setImmediate(() => stop.abort(interrupted()));
      return untilAborted(host);
    });
    const { result } = await runJob([step('many', { each: each('x', 'y') }), step('b')], {
      ...relaxed,
      ...{ clock, kinds: [kind], drain: drain.signal, signal: stop.signal, runsDir: tempDir() },
    });
    expect(clock.monotonic()).toBe(0);
    expect(result).toMatchObject({ status: 'paused', manifest: { failures: [] } });
    expect(Object.values(stateOf(result.manifest)).every((state) => /canceled|pending/.test(state))).toBe(true);
  });

  test('does not wait for a retry, whose tries begin anew', async () => {
    const clock = new FakeClock();
    const drain = new AbortController();
    const retry = { ...never, tries: 1, backoff: 'fixed', base_s: 60, max_s: 60 } as const;
    const kind = probe(() => {
      setImmediate(() => drain.abort(interrupted()));
      throw new OrchError('command_failed', 'not yet');
    });
    const settings = { ...relaxed, clock, kinds: [kind] };
    const first = await runJob([step('a', { retry })], { ...settings, drain: drain.signal, runsDir: tempDir() });
    expect(first.result.status).toBe('paused');
    expect(stateOf(first.result.manifest)).toEqual({ a: 'canceled' });
    const second = resumeJob(first.dir, [step('a', { retry })], settings);
    await slept(clock);
    await clock.advance(60_000);
    const failed = (await second).events.flatMap((event) => (event.type === 'step.failed' ? [event.data] : []));
    expect(failed.map(({ attempt, will_retry }) => [attempt, will_retry])).toEqual([
      [2, true],
      [3, undefined],
    ]);
  });
});

test.each<[string, readonly PlanStep[]]>([
  ['a step', [step('p')]],
  ['an item', [step('p', { each: each('x') })]],
  ['a step with a time of its own', [step('p', { timeout_s: 99 })]],
  ['a question to a model', [ask('q')]],
])('the signal of the run reaches %s', async (_, steps) => {
  const stop = new AbortController();
  const seen: unknown[] = [];
  const kind = probe(async (host) => {
    setImmediate(() => stop.abort(interrupted()));
    return untilAborted(host).finally(() => seen.push(host.signal.reason));
  });
  const model = scripted(() => 'never');
  const provider = {
    ...model.provider,

    async *stream(_request: unknown, { signal }: { signal: AbortSignal }) {
      setImmediate(() => stop.abort(interrupted()));
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      seen.push(signal.reason);
      throw signal.reason;
    },
  };
  const settings = { ...relaxed, kinds: [kind], provider, signal: stop.signal, runsDir: tempDir() };
  const { result } = await runJob(steps, settings);
  expect(seen).toMatchObject([{ code: 'interrupted' }]);
  expect(result).toMatchObject({ status: 'paused', manifest: { failures: [] } });
});

test('a chain of 20 000 steps runs without a stack that grows with it', { timeout: 60_000 }, async () => {
  const steps = Array.from({ length: 20_000 }, (_, at) => step(`s${at}`, { needs: at === 0 ? [] : [`s${at - 1}`] }));
  const settings = { ...relaxed, kinds: [probe(() => null)], runsDir: tempDir() };
  const { status, manifest } = await startRun(jobOf(steps), portsOf(settings), settings).result;
  expect([status, manifest.completed_steps.length]).toEqual(['succeeded', 20_000]);
});

/** Resolves when somebody sleeps. */
async function slept(clock: FakeClock): Promise<void> {
  while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
}

function stateOf({ steps }: { readonly steps: Readonly<Record<string, { readonly status: string }>> }) {
  return Object.fromEntries(Object.entries(steps).map(([id, { status }]) => [id, status]));
}

function reasonsOf(events: readonly OrchEvent[]): Record<string, string> {
  const skips = events.flatMap((event) => (event.type === 'step.skipped' ? [event] : []));
  return Object.fromEntries(skips.map((event) => [nameOf(event), event.data.reason]));
}
