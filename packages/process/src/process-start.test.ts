import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { processStart, startFromPs } from './process-start.ts';

async function startSleep() {
  const before = Date.now();
  const child = spawn('sleep', ['60']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return { pid: child.pid!, before, after: Date.now() };
}

test('the start of a process is known to the second', async () => {
  const { pid, before, after } = await startSleep();
  expect(processStart(pid)).toBeGreaterThan(before - 1_500);
  expect(processStart(pid)).toBeLessThanOrEqual(after);
});

test('a process that is gone has no start', () => {
  const { pid } = spawnSync('true');
  expect(processStart(pid)).toBeUndefined();
  expect(startFromPs(pid)).toBeNaN();
});

test.skipIf(spawnSync('ps').error)('`ps` tells the same start', async () => {
  const { pid, before, after } = await startSleep();
  expect(startFromPs(pid)).toBeGreaterThan(before - 2_500);
  expect(startFromPs(pid)).toBeLessThanOrEqual(after + 1_000);
});
