import type { OrchEvent } from '@orch/contracts';
import { expect, test } from 'vitest';
import { emptyRun, logStart, planSteps, reduceRun, toManifest } from './index.ts';
import type { RunView } from './index.ts';
import {
  a,
  b,
  eventMaker,
  failure,
  jobId,
  jobStarted,
  output,
  request,
  start,
  success,
} from './testing/sample-events.ts';

const event = eventMaker();
const fold = (events: readonly OrchEvent[], steps?: readonly string[]): RunView =>
  events.reduce<RunView>(reduceRun, emptyRun({ jobId, steps }));
const extended = (input_hash = a) => ({ by: 'grow', input_hash, steps: output(), count: 1, plan_hash: b });

test('what a step or item added last is kept, also over attempts', () => {
  const run = fold([
    event('job.started', jobStarted()),
    event('plan.extended', extended(), { step: 'grow' }),
    event('plan.extended', extended(), { step: 'grow', item: 'x' }),
    event('plan.extended', extended(b), { step: 'grow' }),
    event('job.paused', { duration_s: 1, artifacts: 0, reason: 'interrupted' }),
    event('job.started', jobStarted(2)),
  ]);
  expect(run.misfits).toEqual([]);
  expect([...run.extensions]).toEqual([
    ['grow', { step: 'grow', item: undefined, inputHash: b, steps: output() }],
    ['grow/x', { step: 'grow', item: 'x', inputHash: a, steps: output() }],
  ]);
});

test('steps that another step is said to have added changed nothing', () => {
  const run = fold([event('job.started', jobStarted()), event('plan.extended', extended(), { step: 'other' })]);
  expect(run.misfits).toMatchObject([{ type: 'plan.extended' }]);
  expect(run.extensions.size).toBe(0);
});

test('a run knows the runs that its steps began, by id, and whose step began it', () => {
  const parent = { job_id: 'job_ba9876543210', step: 'sub', item: 'x' };
  const child = 'job_111111111111';
  const links = [1, 2].map(() => event('job.linked', { job_id: child, input_hash: a }, { step: 's', item: 'k' }));
  const run = fold([
    event('job.started', { ...jobStarted(), parent }),
    ...links,
    event('job.paused', { duration_s: 1, artifacts: 0, reason: 'interrupted' }),
    event('job.started', jobStarted(2)),
  ]);
  expect(run.misfits).toEqual([]);
  expect([...run.children.values()]).toEqual([
    { jobId: child, step: 's', item: 'k', inputHash: a, costs: undefined, seq: links[1]?.seq },
  ]);
  expect(run.parent).toEqual(parent);
  expect(toManifest(run, logStart).parent).toEqual(parent);
});

test('steps that join the plan are pending steps of the manifest, and those that leave it are none', () => {
  const run = fold([event('job.started', jobStarted()), event('step.started', start(), { step: 'one' })], ['one']);
  planSteps(run, ['two', 'three']);
  expect(toManifest(run, logStart).pending_steps).toEqual(['one', 'two', 'three']);
  reduceRun(run, event('step.succeeded', success(), { step: 'one' }));
  planSteps(run, ['four'], ['two']);
  const { completed_steps, pending_steps, steps } = toManifest(run, logStart);
  expect({ completed_steps, pending_steps }).toEqual({ completed_steps: ['one'], pending_steps: ['three', 'four'] });
  expect(steps['four']).toMatchObject({ status: 'pending' });
});

test('a run whose plan is not known has the steps that it met, and those that join', () => {
  const run = fold([event('job.started', jobStarted()), event('step.started', start(), { step: 'one' })]);
  planSteps(run, ['two']);
  expect(toManifest(run, logStart).pending_steps).toEqual(['one', 'two']);
});

test('what the runs of its steps spent counts once each, as it stood at their last end', () => {
  const costs = (calls: number) => ({ tokens_in: calls, tokens_out: 1, provider_calls: calls, in_doubt: 0, usd: null });
  const link = (id: string, calls?: number) =>
    event(
      'job.linked',
      { job_id: `job_${id.repeat(12)}`, input_hash: a, ...(calls !== undefined && { costs: costs(calls) }) },
      { step: 's', item: id },
    );
  const told = [link('1'), link('1', 2), link('2'), link('2', 3)];
  const run = fold(
    [
      event('job.started', jobStarted()),
      event('llm.request', request(), { step: 'q' }),
      ...told,
      event('job.paused', { duration_s: 1, artifacts: 0, reason: 'interrupted' }),
      event('job.started', jobStarted(2)),
      link('1'),
    ],
    ['s', 'q'],
  );
  const before = toManifest(run, logStart);
  expect(before.costs).toEqual({ tokens_in: 5, tokens_out: 2, provider_calls: 6, in_doubt: 1, usd: null });
  expect([before.steps['s']?.provider_calls, before.steps['q']?.provider_calls]).toEqual([5, 1]);
  reduceRun(run, link('1', 4));
  expect(toManifest(run, logStart).costs).toMatchObject({ tokens_in: 7, provider_calls: 8 });
});

test('an attempt that ended with a question is told as one with the next', () => {
  const question = { question: 'Deploy?', input_hash: a };
  const attempts = (run: ReturnType<typeof fold>) => toManifest(run, logStart).steps['ok']?.attempts;
  const step = 'ok';
  const waiting = event('job.waiting', { duration_s: 1, artifacts: 0, waiting_for: [step] });
  const run = fold([
    event('job.started', jobStarted()),
    event('step.started', start(), { step }),
    event('step.waiting', question, { step }),
    waiting,
    event('job.started', jobStarted(2)),
    event('step.started', start(2), { step }),
    event('step.waiting', question, { step }),
    waiting,
    event('job.started', jobStarted(3)),
  ]);
  expect([attempts(run), run.steps.get(step)?.attempts]).toEqual([1, 2]);
  reduceRun(run, event('step.started', start(3), { step }));
  reduceRun(run, event('step.failed', { ...failure, attempt: 3, will_retry: true }, { step }));
  expect(attempts(run)).toBe(1);
  reduceRun(run, event('step.started', start(4), { step }));
  expect([attempts(run), run.misfits]).toEqual([2, []]);
});
