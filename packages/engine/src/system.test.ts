import { getEventListeners } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from './system.ts';

afterEach(() => void vi.useRealTimers());

test('a sleep ends when its time is over, also one that no single timer can hold, and leaves no listener', async () => {
  vi.useFakeTimers();
  const { signal } = new AbortController();
  let isOver = false;
  const days = 30 * 86_400_000;
  const slept = systemClock.sleep(days, signal).then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(days - 1);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await slept;
  expect([vi.getTimerCount(), getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
});

test('a signal that aborts ends it with its reason and frees the timer; one that has keeps it from starting', async () => {
  vi.useFakeTimers();
  const controller = new AbortController();
  const slept = systemClock.sleep(1_000, controller.signal);
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(slept).rejects.toBe(reason);
  await expect(systemClock.sleep(1_000, controller.signal)).rejects.toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
});
