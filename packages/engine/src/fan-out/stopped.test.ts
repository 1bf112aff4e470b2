import { OrchError } from '@orch/contracts';
import type { OrchEvent, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { startRun } from '../index.ts';
import { each, jobOf, step } from '../testing/plan.ts';
import { probe, untilAborted } from '../testing/probe.ts';
import { portsOf, resumeJob, reusedOf, unitsOf } from '../testing/run-job.ts';

const relaxed = { durability: 'relaxed' } as const;

const interrupted = () => new OrchError('interrupted', 'Ctrl-C');
const noGood = () => new OrchError('assertion', 'no good', { retryable: false });

type Stop = 'a failure' | 'a pause' | 'cancel()';

/** All items of `many` end after the run was stopped: its join is never reached. `bad`: an item that fails. */
async function stopped(how: Stop, { many, bad }: { readonly many?: Partial<PlanStep>; readonly bad?: string } = {}) {
  const steps = [step('many', { each: each('x', 'y'), ...many }), step('other'), step('after', { needs: ['many'] })];
  const drain = new AbortController();
  const both = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  let begun = 0;
  const kind = probe(async (host) => {
    const { step: id, item } = host;
    if (id === 'other') {
      await both.promise;
      if (how === 'a failure') throw noGood();
      return how === 'a pause' ? id : untilAborted(host);
    }
    if (++begun === 2) both.resolve();
    await over.promise;
    if (item === bad) throw noGood();
    return item ?? id;
  });
  const stopNow: Record<Stop, () => void> = {
    'a failure': () => undefined,
    'a pause': () => drain.abort(interrupted()),
    'cancel()': () => handle.cancel(),
  };
  const events: OrchEvent[] = [];
  const onEvent = (event: OrchEvent): void => {
    events.push(event);
    if (event.step === 'other' && event.type === 'step.failed') over.resolve();
  };
  const settings = { ...relaxed, runsDir: tempDir(), drain: drain.signal, onEvent };
  const handle = startRun(jobOf(steps), portsOf({ kinds: [kind] }), settings);
  await both.promise;
  stopNow[how]();
  if (how !== 'a failure') over.resolve();
  const { status, manifest } = await handle.result;
  const ends = Object.fromEntries(Object.entries(manifest.steps).map(([id, one]) => [id, one.status]));
  return { status, ends, events, steps, dir: handle.dir, failures: manifest.failures };
}

describe('a fan-out all of whose items ended after the run was stopped', () => {
  test.each([
    ['a failure', 'failed', { other: 'failed', after: 'skipped' }],
    ['a pause', 'paused', { other: 'succeeded', after: 'pending' }],
    ['cancel()', 'canceled', { other: 'canceled', after: 'pending' }],
  ] as const)('by %s has succeeded, and nothing started after', async (how, status, others) => {
    const run = await stopped(how);
    expect(run).toMatchObject({ status, ends: { many: 'succeeded', ...others } });
    expect(unitsOf(run.events, 'step.started').toSorted()).toEqual(['many', 'many/x', 'many/y', 'other']);
  });

  test.each(['a failure', 'a pause'] as const)('by %s is reused by a resume', async (how) => {
    const { dir, steps } = await stopped(how);
    const { result, events } = await resumeJob(dir, steps, { ...relaxed, kinds: [probe(({ step: id }) => id)] });
    expect(result.status).toBe('succeeded');
    expect(reusedOf(events).filter((unit) => unit.startsWith('many'))).toEqual(['many/x', 'many/y', 'many']);
  });

  test('fails when that is what its items say, though the run goes on without some', async () => {
    const many = { on_failure: 'continue', min_success: 2 } as const;
    const { ends, failures } = await stopped('a failure', { many, bad: 'y' });
    expect(ends['many']).toBe('failed');
    expect(failures.map(({ step: id, item, message }) => [id, item, message])).toContainEqual([
      ...['many', undefined],
      'Expected at least 2 of 2 items to succeed, 1 did. 1 of 2 items failed, first y: no good',
    ]);
    expect((await stopped('a failure', { many: { on_failure: 'continue' }, bad: 'y' })).ends['many']).toBe('succeeded');
  });
});
