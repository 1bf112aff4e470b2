import { expect, test, vi } from 'vitest';
import { createBus } from './bus.ts';

type Note = { readonly type: 'step.started' | 'step.failed' | 'job.started'; readonly n: number };

function observed() {
  const bus = createBus<Note>();
  const told: string[] = [];
  const note = (name: string) => (event: Note) => void told.push(`${name} ${event.type} ${event.n}`);
  return { bus, told, note };
}

test('patterns name all events, a family, or one type', () => {
  const { bus, told, note } = observed();
  bus.on('*', note('all'));
  bus.on('step.*', note('family'));
  bus.on('step.failed', note('one'));
  bus.emit({ type: 'step.started', n: 1 });
  bus.emit({ type: 'step.failed', n: 2 });
  bus.emit({ type: 'job.started', n: 3 });
  expect(told).toEqual([
    'all step.started 1',
    'family step.started 1',
    'all step.failed 2',
    'family step.failed 2',
    'one step.failed 2',
    'all job.started 3',
  ]);
});

test('who stopped observing is told nothing more, even of the event at hand', () => {
  const { bus, told, note } = observed();
  bus.on('*', () => stop());
  const stop = bus.on('*', note('late'));
  bus.emit({ type: 'job.started', n: 1 });
  bus.on('*', note('new'));
  bus.emit({ type: 'job.started', n: 2 });
  expect(told).toEqual(['new job.started 2']);
});

test('what an observer emits is told to all after the event at hand', () => {
  const { bus, told, note } = observed();
  bus.on('job.started', () => bus.emit({ type: 'step.started', n: 2 }));
  bus.on('*', note('a'));
  bus.on('*', note('b'));
  bus.emit({ type: 'job.started', n: 1 });
  expect(told).toEqual(['a job.started 1', 'b job.started 1', 'a step.started 2', 'b step.started 2']);
});

test('an observer that throws or rejects disturbs neither who emits nor the others', async () => {
  const { bus, told, note } = observed();
  const errors: unknown[] = [];
  const stop = bus.onError((error, event) => {
    errors.push(`${String(error)} at ${event.n}`);
    throw new Error('the handler fails too');
  });
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
  bus.on('*', () => {
    throw new Error('thrown');
  });
  const rejects = () => Promise.reject(new Error('rejected'));
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the very mistake that is tested
  bus.on('*', rejects);
  bus.on('*', note('last'));
  bus.emit({ type: 'job.started', n: 1 });
  await new Promise(setImmediate);
  expect(told).toEqual(['last job.started 1']);
  expect(errors).toEqual(['Error: thrown at 1', 'Error: rejected at 1']);

  stop();
  warned.mockClear();
  bus.emit({ type: 'job.started', n: 2 });
  await new Promise(setImmediate);
  const warnings = warned.mock.calls.map(([warning]) => warning);
  expect(warnings).toEqual(['thrown', 'rejected'].map((what) => `An observer of the bus failed: ${what}`));
  warned.mockRestore();
});
