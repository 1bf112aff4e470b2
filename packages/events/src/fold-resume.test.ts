import type { OrchEvent } from '@orch/contracts';
import { describe, expect, test } from 'vitest';
import { emptyRun, logStart, reduceRun, toManifest } from './index.ts';
import type { RunView } from './index.ts';
import {
  a,
  b,
  end,
  eventMaker,
  failure,
  jobId,
  jobStarted,
  output,
  request,
  response,
  start,
  success,
} from './testing/sample-events.ts';

const steps = ['one', 'two', 'each'];

/** A run at the begin of its second attempt: `one` (seq 3) and item `x` of `each` (seq 6) succeeded, `two` failed. */
function resumed() {
  const event = eventMaker();
  const run = emptyRun({ jobId, steps });
  const tell = (...told: Parameters<typeof event>) => reduceRun(run, event(...told));
  tell('job.started', jobStarted());
  tell('step.started', start(), { step: 'one' });
  tell('step.succeeded', success(), { step: 'one' });
  tell('step.started', start(), { step: 'each' });
  tell('step.started', start(), { step: 'each', item: 'x' });
  tell('step.succeeded', success(b), { step: 'each', item: 'x' });
  tell('step.failed', { ...failure, attempt: 0 }, { step: 'two' });
  tell('job.failed', { ...end, error: failure });
  tell('job.started', jobStarted(2));
  return { run, tell, event };
}

const one = { step: 'one', input_hash: a, from_seq: 3 };
const x = { step: 'each', item: 'x', input_hash: a, from_seq: 6 };

function unit(run: RunView, step: string, item?: string) {
  const found = run.steps.get(step);
  return item === undefined ? found : found?.items.get(item);
}

test('what is reused stays succeeded with what it made, and can no more be started', () => {
  const { run, tell } = resumed();
  tell('step.skipped', { reason: 'resume', reused: [x, one] });
  expect(run.misfits).toEqual([]);
  for (const [step, item, made] of [
    ['one', undefined, a],
    ['each', 'x', b],
  ] as const) {
    expect(unit(run, step, item)).toMatchObject({
      ...{ status: 'succeeded', carried: false, attempts: 1, inputHash: a, durationS: 0.5 },
      success: { data: success(made) },
    });
  }
  expect(toManifest(run, logStart).steps['one']).toMatchObject({ status: 'succeeded', output: output() });
  tell('step.started', start(2), { step: 'one' });
  expect(run.misfits).toMatchObject([{ message: expect.stringContaining('`succeeded`') as string }]);
});

test('what succeeded before and is skipped now took no time', () => {
  const { run, tell } = resumed();
  tell('step.skipped', { reason: 'condition' }, { step: 'one' });
  expect(toManifest(run, logStart).steps['one']).toMatchObject({ status: 'skipped', duration_s: 0, output: null });
});

test.each([
  ['of other inputs', { ...one, input_hash: b }, 'expected one to have succeeded with these inputs at seq 3'],
  ['of another time', { ...one, from_seq: 2 }, 'expected one to have succeeded with these inputs at seq 2'],
  ['that never succeeded', { ...one, step: 'two' }, 'expected two to have succeeded'],
  ['that was never met', { ...one, step: 'nowhere' }, 'expected nowhere to have succeeded'],
  ['of an item for its step', { step: 'each', input_hash: a, from_seq: 6 }, 'expected each to have succeeded'],
  ['of an item never met', { ...x, item: 'y' }, 'expected each y to have succeeded'],
])('a reuse %s is set aside with all others in its event', (_, misfit, message) => {
  const { run, tell } = resumed();
  const before = structuredClone(run);
  tell('step.skipped', { reason: 'resume', reused: [one, x, misfit] });
  expect(run.misfits).toMatchObject([
    { seq: 10, type: 'step.skipped', message: expect.stringContaining(message) as string },
  ]);
  expect({ ...run, misfits: [] }).toEqual({ ...before, seq: 10, ts: run.ts });
});

test('what was decided anew in this attempt is not reused, nor anything in a run that ended', () => {
  const { run, tell } = resumed();
  tell('step.started', start(2), { step: 'one' });
  tell('step.skipped', { reason: 'resume', reused: [x, one] });
  tell('step.canceled', { reason: 'user' }, { step: 'one' });
  tell('job.succeeded', end);
  tell('step.skipped', { reason: 'resume', reused: [x] });
  expect(run.misfits.map(({ message }) => message)).toEqual([
    'expected one to be pending, it is running',
    'expected a run under way, it is succeeded',
  ]);
  expect(unit(run, 'each', 'x')).toMatchObject({ carried: true });
});

test('a success stays on offer when a later attempt starts the step anew and does not finish it', () => {
  const { run, tell } = resumed();
  tell('step.started', start(2, b), { step: 'one' });
  expect(toManifest(run, logStart).steps['one']).toMatchObject({ status: 'running', output: null });
  tell('step.failed', { ...failure, attempt: 2 }, { step: 'one' });
  tell('job.failed', { ...end, error: failure });
  tell('job.started', jobStarted(3));
  expect(unit(run, 'one')).toMatchObject({ status: 'pending', carried: false, success: { seq: 3, data: success() } });
  tell('step.skipped', { reason: 'resume', reused: [one] });
  expect(run.misfits).toEqual([]);
  expect(unit(run, 'one')).toMatchObject({ status: 'succeeded', attempts: 2, inputHash: a });
});

describe('a failure', () => {
  const failed = { ...failure, attempt: 2, hint: 'Wait longer.' };
  /** `two` failed in its second attempt, which had the inputs `b`; the run goes on with its third. */
  const afterFailure = () => {
    const resumedRun = resumed();
    const { tell } = resumedRun;
    tell('step.started', start(2, b), { step: 'two' });
    tell('step.failed', failed, { step: 'two' });
    tell('job.succeeded', end);
    tell('job.started', jobStarted(3));
    return resumedRun;
  };

  test('stays known until the next attempt begins, and may be told again', () => {
    const { run, tell } = afterFailure();
    const kept = { inputHash: b, data: failed };
    expect(unit(run, 'two')).toMatchObject({ status: 'pending', failure: kept });
    tell('step.failed', failed, { step: 'two' });
    expect(run.misfits).toEqual([]);
    expect(unit(run, 'two')).toMatchObject({ status: 'failed', attempts: 2, inputHash: b, failure: kept });
    expect(run.failures).toMatchObject([{ step: 'two', hint: 'Wait longer.' }]);
    tell('job.succeeded', end);
    tell('job.started', jobStarted(4));
    tell('step.started', start(3), { step: 'two' });
    expect(unit(run, 'two')).toMatchObject({ status: 'running', failure: undefined });
  });

  test('of no known attempt is not told again', () => {
    const { run, tell } = afterFailure();
    tell('step.failed', { ...failed, attempt: 1 }, { step: 'two' });
    tell('step.failed', failed, { step: 'one' });
    expect(run.misfits).toHaveLength(2);
    expect(unit(run, 'two')).toMatchObject({ status: 'pending' });
  });

  test('is forgotten when what it came to before is reused after all', () => {
    const { run, tell } = afterFailure();
    tell('step.started', start(2, b), { step: 'one' });
    tell('step.failed', failed, { step: 'one' });
    tell('job.paused', { ...end, reason: 'interrupted' });
    tell('job.started', jobStarted(4));
    tell('step.skipped', { reason: 'resume', reused: [one] });
    expect(run.misfits).toEqual([]);
    expect(unit(run, 'one')).toMatchObject({ status: 'succeeded', failure: undefined });
  });
});

/** Tells what a process leaves that dies with the step open, and what the next one makes of it. */
function die(tell: (...told: Parameters<ReturnType<typeof eventMaker>>) => unknown, attempt: number): void {
  tell('step.started', start(attempt), { step: 'two' });
  tell('step.canceled', { reason: 'process_lost' }, { step: 'two' });
  tell('job.started', jobStarted(attempt + 1));
}

test('attempts lost in a row are counted until one is decided', () => {
  const { run, tell } = resumed();
  die(tell, 2);
  expect(unit(run, 'two')).toMatchObject({ status: 'pending', lost: 1, attempts: 2 });
  die(tell, 3);
  expect(unit(run, 'two')).toMatchObject({ lost: 2 });
  tell('step.started', start(4), { step: 'two' });
  tell('step.failed', { ...failure, attempt: 4, will_retry: true }, { step: 'two' });
  expect(unit(run, 'two')).toMatchObject({ status: 'retrying', lost: 0, tries: 1 });
  expect(run.misfits).toEqual([]);
});

test.each([
  ['step.succeeded', success()],
  ['step.failed', { ...failure, attempt: 3 }],
  ['step.canceled', { reason: 'user' }],
] as const)('%s ends the count of tries and of losses', (type, data) => {
  const { run, tell } = resumed();
  tell('step.started', start(2), { step: 'two' });
  tell('step.failed', { ...failure, attempt: 2, will_retry: true }, { step: 'two' });
  tell('step.started', start(3), { step: 'two' });
  tell('step.canceled', { reason: 'process_lost' }, { step: 'two' });
  tell('job.started', jobStarted(3));
  expect(unit(run, 'two')).toMatchObject({ status: 'pending', tries: 1, lost: 1, attempts: 3 });
  tell('step.started', start(4), { step: 'two' });
  tell(type, data, { step: 'two' });
  expect(unit(run, 'two')).toMatchObject({ tries: 0, lost: 0 });
  expect(run.misfits).toEqual([]);
});

test('tries that failed count on when the run is resumed between two of them', () => {
  const { run, tell } = resumed();
  for (const attempt of [2, 3]) {
    tell('step.started', start(attempt), { step: 'two' });
    tell('step.failed', { ...failure, attempt, will_retry: true }, { step: 'two' });
  }
  tell('job.paused', { ...end, reason: 'interrupted' });
  tell('job.started', jobStarted(3));
  expect(unit(run, 'two')).toMatchObject({ status: 'pending', tries: 2, attempts: 3 });
});

test('a step waits from before its start or from within, and is decided anew when the run goes on', () => {
  const { run, tell } = resumed();
  const question = { question: 'Run it again?', input_hash: b };
  tell('step.waiting', question, { step: 'one' });
  tell('step.started', start(1), { step: 'two' });
  tell('step.waiting', question, { step: 'two' });
  tell('job.waiting', { ...end, waiting_for: ['one', 'two'] });
  expect(run.misfits).toEqual([]);
  expect(unit(run, 'one')).toMatchObject({ status: 'waiting', inputHash: b, carried: false });
  const manifest = toManifest(run, logStart);
  expect(manifest).toMatchObject({ status: 'waiting', duration_s: 9, finished_at: run.ts });
  expect([manifest.completed_steps, manifest.pending_steps]).toEqual([[], steps]);

  tell('job.started', jobStarted(3));
  tell('step.skipped', { reason: 'resume', reused: [one] });
  tell('step.started', start(2), { step: 'two' });
  expect(run.misfits).toEqual([]);
  expect([unit(run, 'one')?.status, unit(run, 'two')?.status]).toEqual(['succeeded', 'running']);
});

test('a step that waited goes on in the same attempt of the run when it is answered', () => {
  const { run, tell } = resumed();
  tell('step.waiting', { question: 'Go on?', input_hash: b }, { step: 'two' });
  tell('step.started', start(2, b), { step: 'two' });
  tell('step.succeeded', success(a, b), { step: 'two' });
  expect(run.misfits).toEqual([]);
});

test('requests whose answer was lost are in doubt from the next attempt on, those answered are not', () => {
  const { run, tell, event } = resumed();
  for (const id of ['answered', 'recovered', 'lost']) tell('llm.request', request(id), { step: 'two' });
  tell('llm.response', response('answered'), { step: 'two' });
  expect([[...run.openRequests], run.inDoubt]).toEqual([['recovered', 'lost'], 0]);
  tell('llm.response', { ...response('recovered'), recovered: true }, { step: 'two' });
  tell('job.started', jobStarted(3));
  expect([run.openRequests.size, run.inDoubt]).toEqual([0, 1]);
  const later: OrchEvent[] = [event('llm.request', request('next')), event('job.started', jobStarted(4))];
  later.forEach((next) => reduceRun(run, next));
  const { costs } = toManifest(run, logStart);
  expect(costs).toMatchObject({ in_doubt: 2, provider_calls: 4, tokens_in: 14, tokens_out: 6 });
  expect(run.misfits).toEqual([]);
});
