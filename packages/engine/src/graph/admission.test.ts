import { FakeClock } from '@orch/testkit';
import { expect, test } from 'vitest';
import { step } from '../testing/plan.ts';
import { createAdmission } from './admission.ts';
import type { Throttle } from './parking.ts';
import type { RunNode } from './graph.ts';

test('what rests gives its place back, and takes one again before what has not started', async () => {
  const { admission, woken, ids } = place({ concurrency: 1 });
  for (const id of ['a', 'b', 'c']) admission.offer(node(id));
  const a = admission.take();
  expect(ids(a, admission.take())).toEqual(['a', undefined]);
  let end = (): void => undefined;
  let isBack = false;
  const resting = admission.rest(() => new Promise<void>((resolve) => (end = resolve))).then(() => (isBack = true));
  expect(woken.count).toBe(1);
  const b = admission.take();
  expect(ids(b)).toEqual(['b']);
  end();
  await new Promise(setImmediate);
  expect(isBack).toBe(false);
  if (b !== undefined) admission.release(b);
  expect(admission.take()).toBeUndefined();
  await resting;
  if (a !== undefined) admission.release(a);
  expect(ids(admission.take())).toEqual(['c']);
});

test('a rest that fails has its place again, too', async () => {
  const { admission, ids } = place({ concurrency: 1 });
  admission.offer(node('a'));
  admission.offer(node('b'));
  const a = admission.take();
  await expect(admission.rest(() => Promise.reject(new Error('over')))).rejects.toThrow('over');
  expect(admission.take()).toBeUndefined();
  if (a !== undefined) admission.release(a);
  expect(ids(admission.take())).toEqual(['b']);
});

test('nodes whose provider takes no request wait together until it does, the others do not', async () => {
  const clock = new FakeClock();
  const who = {};
  let told = 0;
  let rest: Throttle | undefined = { who, ms: 1_000, tell: () => void told++ };
  const throttle = ({ id }: RunNode) => (id.startsWith('ask') ? rest : undefined);
  const { admission, woken, ids } = place({ concurrency: 4, throttle, clock });
  for (const id of ['ask1', 'ask2', 'b']) admission.offer(node(id));
  expect(ids(admission.take(), admission.take())).toEqual(['b', undefined]);
  expect([clock.sleeping, told]).toEqual([1, 1]);
  rest = undefined;
  await clock.advance(1_000);
  expect(woken.count).toBe(1);
  expect(ids(admission.take(), admission.take())).toEqual(['ask1', 'ask2']);
});

test('nodes whose provider has enough to do start one by one as it ends requests', () => {
  let underWay = 0;
  let told = 0;
  const throttle = (): Throttle | undefined =>
    underWay < 2 ? undefined : { who: throttle, ms: 0, tell: () => void told++ };
  const { admission, woken, ids } = place({ concurrency: 9, throttle });
  const take = (): RunNode | undefined => {
    const taken = admission.take();
    if (taken !== undefined) underWay++;
    return taken;
  };
  for (const id of ['a', 'b', 'c', 'd', 'e']) admission.offer(node(id));
  const [a, b] = [take(), take()];
  expect(ids(a, b, take())).toEqual(['a', 'b', undefined]);
  admission.stir();
  expect([ids(take()), woken.count, told]).toEqual([[undefined], 0, 1]);
  underWay--;
  admission.stir();
  expect(woken.count).toBe(1);
  expect(ids(take(), take())).toEqual(['c', undefined]);
  underWay--;
  if (a !== undefined) admission.release(a);
  expect(ids(take(), take())).toEqual(['d', undefined]);
});

test('where nothing of the run could let it go, a node starts and waits for the provider itself', () => {
  const throttle = () => ({ who: clockless, ms: 0, tell: () => {} });
  const { admission, ids } = place({ concurrency: 9, throttle });
  for (const id of ['a', 'b']) admission.offer(node(id));
  const a = admission.take();
  expect(ids(a, admission.take())).toEqual(['a', undefined]);
  if (a !== undefined) admission.release(a);
  expect(ids(admission.take())).toEqual(['b']);
});

const clockless = {};

test('who waits for a moment goes on sooner when an end makes room', async () => {
  const clock = new FakeClock();
  let rest: Throttle | undefined = { who: clock, ms: 60_000, tell: () => {} };
  const throttle = ({ id }: RunNode) => (id.startsWith('ask') ? rest : undefined);
  const { admission, ids } = place({ concurrency: 4, throttle, clock });
  for (const id of ['ask1', 'ask2', 'ask3', 'b', 'c']) admission.offer(node(id));
  const [b, c] = [admission.take(), admission.take()];
  rest = undefined;
  if (b !== undefined) admission.release(b);
  expect(ids(admission.take(), admission.take())).toEqual(['ask1', undefined]);
  if (c !== undefined) admission.release(c);
  expect(ids(admission.take(), admission.take())).toEqual(['ask2', undefined]);
  await clock.advance(60_000);
  expect(ids(admission.take(), admission.take())).toEqual(['ask3', undefined]);
});

type Place = { concurrency: number; throttle?: (node: RunNode) => Throttle | undefined; clock?: FakeClock };

function place({ concurrency, throttle, clock = new FakeClock() }: Place) {
  const admission = createAdmission({ concurrency, throttle, clock, over: new AbortController().signal });
  const woken = { count: 0 };
  admission.wake?.(() => void woken.count++);
  return { admission, woken, ids: (...nodes: (RunNode | undefined)[]) => nodes.map((one) => one?.id) };
}

function node(id: string): RunNode {
  return { type: 'step', id, step: step(id), needs: [] };
}
