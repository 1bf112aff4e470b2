import type { EventData, EventType, OrchEvent } from '@orch/contracts';
import { manifest } from '@orch/contracts/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
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

function fold(events: readonly OrchEvent[], steps?: readonly string[]): RunView {
  return events.reduce<RunView>(reduceRun, emptyRun({ jobId, steps }));
}

function summaryOf(run: RunView) {
  expect(run.misfits).toEqual([]);
  return manifest.parse(toManifest(run, logStart));
}

test('a manifest tells what the log told', () => {
  const event = eventMaker();
  const file = { path: 'outputs/notes/server.mjs', sha256: a, size_bytes: 9 };
  const run = fold(
    [
      event('job.started', jobStarted()),
      event('step.started', start(), { step: 'architect' }),
      event('cache.hit', { cache_key: a, source: 'shared' }, { step: 'architect' }),
      event('step.succeeded', success(), { step: 'architect' }),
      event('step.started', start(), { step: 'builder' }),
      event('llm.request', request(), { step: 'builder' }),
      event('llm.response', response(), { step: 'builder' }),
      event('file.written', { ...file, wrote: true, reason: 'created' }, { step: 'builder' }),
      event('artifact.created', { digest: b, name: 'report', size_bytes: 4, media_type: 'text/html' }),
      event('step.failed', { ...failure, attempt: 1, will_retry: true }, { step: 'builder' }),
      event('step.started', start(2), { step: 'builder' }),
      event('step.failed', { ...failure, attempt: 2, hint: 'Wait longer.' }, { step: 'builder' }),
      event('step.skipped', { reason: 'dependency_failed' }, { step: 'qa' }),
      event('job.failed', { ...end, error: failure }),
    ],
    ['architect', 'builder', 'qa', 'never'],
  );
  const step = { duration_s: 0, provider_calls: 0, cache_hits: 0, attempts: 0, output: null, cost_usd: null };
  expect(summaryOf(run)).toEqual({
    job_id: jobId,
    project: 'notes',
    task_description: 'Write notes',
    provider: { provider: 'echo' },
    status: 'failed',
    started_at: '2026-01-01T00:00:01.000Z',
    finished_at: '2026-01-01T00:00:14.000Z',
    duration_s: 9,
    attempt: 1,
    plan_hash: b,
    files: [{ ...file, media_type: 'text/javascript', step: 'builder', created_at: '2026-01-01T00:00:08.000Z' }],
    artifacts: [{ digest: b, name: 'report', size_bytes: 4, media_type: 'text/html' }],
    steps: {
      architect: { ...step, status: 'succeeded', duration_s: 0.5, cache_hits: 1, attempts: 1, output: output() },
      builder: { ...step, status: 'failed', duration_s: 1, provider_calls: 1, attempts: 2 },
      qa: { ...step, status: 'skipped' },
      never: { ...step, status: 'pending' },
    },
    failures: [{ ...failure, hint: 'Wait longer.', step: 'builder', timestamp: '2026-01-01T00:00:12.000Z' }],
    completed_steps: ['architect', 'qa'],
    pending_steps: ['builder', 'never'],
    costs: { tokens_in: 7, tokens_out: 3, provider_calls: 1, in_doubt: 0, usd: null },
    log: logStart,
    orch_version: '1.0.0',
  });
});

test('the last writer of a path counts, one that changed nothing does not', () => {
  const event = eventMaker();
  const note = (sha256: string, wrote: boolean) => {
    const reason = wrote ? ('overwritten' as const) : ('nochange' as const);
    return { path: 'outputs/p/a.md', sha256, size_bytes: 1, wrote, reason };
  };
  const run = fold([
    event('job.started', jobStarted()),
    event('file.written', note(a, true), { step: 'one' }),
    event('file.written', note(a, false), { step: 'two' }),
    event('file.written', note(b, true), { step: 'three' }),
    event('file.written', note(b, false), { step: 'four' }),
  ]);
  const written = { sha256: b, step: 'three', created_at: '2026-01-01T00:00:04.000Z', media_type: 'text/markdown' };
  expect(summaryOf(run).files).toMatchObject([written]);
});

test('the next attempt keeps what succeeded and decides everything else anew', () => {
  const event = eventMaker();
  const first = [
    event('job.started', jobStarted()),
    event('step.started', start(), { step: 'done' }),
    event('step.succeeded', success(), { step: 'done' }),
    event('step.started', start(), { step: 'broken' }),
    event('step.failed', { ...failure, attempt: 1 }, { step: 'broken' }),
    event('step.skipped', { reason: 'dependency_failed' }, { step: 'after' }),
    event('step.started', start(), { step: 'open' }),
  ];
  const steps = ['done', 'broken', 'after', 'open'];
  const second = [event('job.started', jobStarted(2))];
  const run = fold([...first, ...second], steps);
  const { status, attempt, failures, completed_steps: completed, pending_steps: pending } = summaryOf(run);
  expect([status, attempt, failures]).toEqual(['running', 2, []]);
  expect([completed, pending]).toEqual([['done'], ['broken', 'after', 'open']]);
  expect(run.steps.get('done')).toMatchObject({ carried: true, inputHash: a, success: { seq: 3, data: success() } });
  expect(run.steps.get('broken')).toMatchObject({ carried: false, attempts: 1, status: 'pending' });

  const third = [
    event('step.started', start(2), { step: 'done' }),
    event('step.started', start(2), { step: 'broken' }),
    event('step.succeeded', success(b), { step: 'done' }),
  ];
  for (const next of third) reduceRun(run, next);
  expect(run.steps.get('done')).toMatchObject({
    carried: false,
    status: 'succeeded',
    attempts: 2,
    success: { data: success(b) },
  });
  expect(summaryOf(run).steps).toMatchObject({ broken: { status: 'running' } });
});

test.each(['job.succeeded', 'job.paused', 'job.failed'] as const)('a run can be started again after %s', (type) => {
  const event = eventMaker();
  const data = {
    ...end,
    ...(type === 'job.paused' && { reason: 'user' }),
    ...(type === 'job.failed' && { error: failure }),
  };
  const ended = fold([event('job.started', jobStarted()), event(type, data as never)]);
  expect(summaryOf(ended)).toMatchObject({ finished_at: '2026-01-01T00:00:02.000Z', duration_s: 9 });
  expect(summaryOf(ended).failures).toHaveLength(type === 'job.failed' ? 1 : 0);
  const again = reduceRun(ended, event('job.started', jobStarted(2), { at: 60 }));
  reduceRun(again, event('step.started', start(), { step: 's', at: 64 }));
  const times = { started_at: '2026-01-01T00:00:01.000Z', finished_at: null, duration_s: 4 };
  expect(summaryOf(again)).toMatchObject({ status: 'running', failures: [], ...times });
});

test('items are counted, in a later attempt only those it met or whose step it kept', () => {
  const event = eventMaker();
  const of = (item?: string) => ({ step: 'each', ...(item && { item }) });
  const run = fold(
    [
      event('job.started', jobStarted()),
      event('step.started', start(), of()),
      event('step.expanded', { sha256: a, count: 4 }, of()),
      ...['x', 'y', 'z'].map((item) => event('step.started', start(), of(item))),
      event('step.succeeded', success(), of('x')),
      event('step.succeeded', success(), of('y')),
      event('step.failed', { ...failure, attempt: 1 }, of('z')),
    ],
    ['each'],
  );
  expect(summaryOf(run).steps['each']?.items).toEqual({ total: 4, succeeded: 2, failed: 1, skipped: 0 });
  expect(summaryOf(run).failures).toMatchObject([{ step: 'each', item: 'z' }]);

  reduceRun(run, event('job.started', jobStarted(2)));
  reduceRun(run, event('step.started', start(2), of()));
  reduceRun(run, event('step.expanded', { sha256: b, count: 2 }, of()));
  reduceRun(run, event('step.started', start(2), of('y')));
  reduceRun(run, event('step.succeeded', success(), of('y')));
  expect(summaryOf(run).steps['each']?.items).toEqual({ total: 2, succeeded: 1, failed: 0, skipped: 0 });
});

test('a step can fail or be canceled before it starts', () => {
  const event = eventMaker();
  const run = fold([
    event('job.started', jobStarted()),
    event('step.failed', { ...failure, attempt: 0 }, { step: 'a' }),
    event('step.canceled', { reason: 'user' }, { step: 'b' }),
  ]);
  expect(summaryOf(run).steps).toMatchObject({ a: { status: 'failed' }, b: { status: 'canceled' } });
});

test('an event that cannot follow is set aside and changes nothing', () => {
  const event = eventMaker();
  const run = fold([
    event('job.started', jobStarted()),
    event('step.succeeded', success(), { step: 'never_started' }),
    event('step.started', start(), { step: 's' }),
    event('step.succeeded', success(), { step: 's' }),
    event('step.failed', { ...failure, attempt: 1 }, { step: 's' }),
    event('job.started', jobStarted(3)),
    event('step.started', start()),
    event('job.succeeded', end),
    event('step.started', start(), { step: 'late' }),
    event('job.failed', { ...end, error: failure }),
  ]);
  expect(run.misfits).toEqual(
    [
      [2, 'step.succeeded', 'step `never_started` cannot go from `pending` to `succeeded`'],
      [5, 'step.failed', 'step `s` cannot go from `succeeded` to `failed`'],
      [6, 'job.started', 'expected attempt 2, got 3'],
      [7, 'step.started', 'expected the event to name a step'],
      [9, 'step.started', 'expected a run under way, it is succeeded'],
      [10, 'job.failed', 'cannot go from `succeeded` to `failed`'],
    ].map(([seq, type, message]) => ({ seq, type, message: expect.stringContaining(message as string) })),
  );
  expect([run.status, run.attempt, run.failures]).toEqual(['succeeded', 1, []]);
});

test('types of a newer version are passed over', () => {
  const event = eventMaker();
  const unknown = { ...event('job.started', jobStarted()), type: 'moon.risen', data: {} };
  expect(reduceRun(emptyRun(), unknown)).toMatchObject({ seq: 1, misfits: [], status: 'pending' });
});

const ids = ['one', 'two', 'three'];
const anyEvent = fc.record({
  type: fc.constantFrom<EventType>(
    'job.started',
    'job.succeeded',
    'job.failed',
    'job.paused',
    'step.started',
    'step.succeeded',
    'step.failed',
    'step.skipped',
    'step.canceled',
    'step.expanded',
  ),
  step: fc.constantFrom(...ids, 'elsewhere'),
  item: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  willRetry: fc.boolean(),
  attempt: fc.integer({ min: 1, max: 3 }),
});

test('at every prefix of any log, steps are completed or pending, and what ended stays so within an attempt', () => {
  const terminal = new Set(['succeeded', 'failed', 'skipped', 'canceled']);
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (drafts) => {
      const event = eventMaker();
      const run = emptyRun({ jobId, steps: ids });
      for (const draft of [{ ...drafts[0], type: 'job.started', attempt: 1 } as const, ...drafts]) {
        const before = endedUnits(run, terminal);
        const { attempt } = run;
        reduceRun(run, event(draft.type, dataOf(draft, run), { step: draft.step ?? 'one', ...itemOf(draft) }));
        const { completed_steps: completed, pending_steps: pending } = manifest.parse(toManifest(run, logStart));
        expect([...completed, ...pending].toSorted()).toEqual(ids.toSorted());
        if (run.attempt === attempt) expect(endedUnits(run, terminal)).toMatchObject(before);
      }
    }),
  );
});

type Draft = { type: EventType; item?: string | undefined; willRetry?: boolean; attempt?: number };

function itemOf({ item }: Draft): { item?: string } {
  return item === undefined ? {} : { item };
}

function dataOf({ type, willRetry = false, attempt = 1 }: Draft, run: RunView): never {
  const data: Partial<EventData> = {
    'job.started': jobStarted(attempt === 3 ? 3 : run.attempt + 1),
    'job.succeeded': end,
    'job.failed': { ...end, error: failure },
    'job.paused': { ...end, reason: 'interrupted' },
    'step.started': start(attempt),
    'step.succeeded': success(),
    'step.failed': { ...failure, attempt, ...(willRetry && { will_retry: true }) },
    'step.skipped': { reason: 'job_failed' },
    'step.canceled': { reason: 'user' },
    'step.expanded': { sha256: a, count: 2 },
  };
  return data[type] as never;
}

/** The states of steps and items that came to an end in this attempt. */
function endedUnits(run: RunView, terminal: ReadonlySet<string>): Record<string, string> {
  const units = [...run.steps].flatMap(([id, step]) => [
    [id, step] as const,
    ...[...step.items].map(([key, item]) => [`${id}/${key}`, item] as const),
  ]);
  const ended = units.filter(([, { status, carried }]) => terminal.has(status) && !carried);
  return Object.fromEntries(ended.map(([name, { status }]) => [name, status]));
}
