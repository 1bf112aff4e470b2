import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';

test('time stands still until it is advanced', async () => {
  const clock = new FakeClock(1_000);
  expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
  await clock.advance(250);
  expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
});

test('sleepers wake in the order of their moments and see the time they asked for', async () => {
  const clock = new FakeClock();
  const woken: string[] = [];
  const sleeper = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name} at ${clock.monotonic()}`);
  };
  const all = Promise.all([sleeper('late', 30), sleeper('early', 10), sleeper('after', 31)]);
  await clock.advance(30);
  expect(woken).toEqual(['early at 10', 'late at 30']);
  expect(clock.sleeping).toBe(1);
  await clock.advance(1);
  await all;
  expect(woken).toHaveLength(3);
});

test('a sleep that starts while time moves ends within the same advance', async () => {
  const clock = new FakeClock();
  const twice = clock.sleep(10).then(() => clock.sleep(10));
  await clock.advance(20);
  await twice;
  expect(clock.monotonic()).toBe(20);
});

test('an aborted sleep rejects with the reason and leaves nothing behind', async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const sleep = clock.sleep(10, controller.signal);
  controller.abort(new Error('enough'));
  await expect(sleep).rejects.toThrow('enough');
  await expect(clock.sleep(1, controller.signal)).rejects.toThrow('enough');
  expect(clock.sleeping).toBe(0);
});
