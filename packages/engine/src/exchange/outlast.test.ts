import { OrchError } from '@orch/contracts';
import type { Provider, Rest } from '@orch/contracts';
import { FakeClock, tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, each, step } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { nameOf, runJob, unitsOf } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';

const open = (details: { failed_trials: number; wait_ms?: number }) =>
  new OrchError('circuit_open', 'Expected a working service.', { retryable: false, details });

/** Answers what is left when these errors are used up. */
function failing(...errors: OrchError[]): Provider {
  const { provider } = scripted(() => 'answer');
  return {
    ...provider,
    async *stream(request, context) {
      const error = errors.shift();
      if (error !== undefined) throw error;
      yield* provider.stream(request, context);
    },
  };
}

const settings = (provider: Provider, clock: FakeClock) =>
  ({ provider, clock, durability: 'relaxed', runsDir: tempDir() }) as const;

test('an outage is waited out, holding no place, and so is the trial of somebody else', async () => {
  const clock = new FakeClock();
  const provider = failing(open({ failed_trials: 0, wait_ms: 30_000 }), open({ failed_trials: 0 }));
  const ran: string[] = [];
  const kinds = [probe(({ step: id }) => ran.push(id))];
  const work = runJob([ask('a'), step('b')], { ...settings(provider, clock), kinds, plan: { concurrency: 1 } });
  await asleep(clock, 1);
  await clock.advance(30_000);
  expect(ran).toEqual(['b']);
  await asleep(clock, 1);
  await clock.advance(1_000);
  expect((await work).result.status).toBe('succeeded');
});

test.each([
  ['whose trial failed', { failed_trials: 1, wait_ms: 30_000 }, 900],
  ['that is longer than the time that is left', { failed_trials: 0, wait_ms: 30_000 }, 29],
])('an outage %s is a failure at once', async (_, details, timeout_s) => {
  const clock = new FakeClock();
  const { result } = await runJob([ask('a', { timeout_s })], settings(failing(open(details)), clock));
  expect(result.manifest.failures).toMatchObject([{ step: 'a', code: 'circuit_open' }]);
  expect(clock.monotonic()).toBe(0);
});

test('a drain ends all waits for a provider at once, and the run goes on with them later', async () => {
  const clock = new FakeClock();
  const drain = new AbortController();
  const { provider: well } = scripted(() => 'answer');
  const rest: Rest = { ms: 3_600_000, reason: 'retry_after' };
  const waits: Provider = {
    ...well,
    async *stream(_, context) {
      await context.rest?.(rest, (until) => clock.sleep(rest.ms, until));
      yield { type: 'text', text: '' };
    },
  };
  const items = ask('many', { each: each('x') });
  const work = runJob([ask('a'), items], { ...settings(waits, clock), drain: drain.signal, graceMs: 10_000 });
  await asleep(clock, 2);
  drain.abort(new OrchError('interrupted', 'Interrupted by a signal.'));
  const { result, events } = await work;
  expect(result.status).toBe('paused');
  expect([clock.monotonic(), clock.sleeping]).toEqual([0, 0]);
  expect(unitsOf(events, 'step.canceled')).toEqual(expect.arrayContaining(['a', 'many/x']));
  expect(events.filter((event) => event.type === 'step.failed').map(nameOf)).toEqual([]);
});

async function asleep(clock: FakeClock, sleepers: number): Promise<void> {
  while (clock.sleeping < sleepers) await new Promise((resolve) => setImmediate(resolve));
}
