import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { once, step, write } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { resumeJob, runJob } from '../testing/run-job.ts';

const steps = [write('head', { 'log.txt': 'head;' }), step('tail', { needs: ['head'], retry: once })];

/** Appends twice, and fails after that as often as it is told. */
function appender(failures: number) {
  let left = failures;
  return probe(async ({ write: put }) => {
    await put('log.txt', 'one;', 'append');
    await put('log.txt', 'two;', 'append');
    if (left-- > 0) throw new OrchError('module_failed', 'not yet');
    return null;
  });
}

test.each([
  ['tried again', 1, 1],
  ['resumed', 2, 2],
  ['resumed twice', 4, 3],
])('a step that appends and is %s appends once', async (_, failures, attempts) => {
  const kinds = [appender(failures)];
  let { result, dir } = await runJob(steps, { runsDir: tempDir(), kinds, durability: 'relaxed' });
  for (let attempt = 1; attempt < attempts; attempt++) {
    expect(result.status).toBe('failed');
    ({ result, dir } = await resumeJob(dir, steps, { kinds, durability: 'relaxed' }));
  }
  expect(result.status).toBe('succeeded');
  expect(readFileSync(join(dir, 'outputs/test/log.txt'), 'utf8')).toBe('head;one;two;');
});

test('what was appended to nothing is appended to nothing again', async () => {
  const kinds = [appender(1)];
  const { dir } = await runJob([step('tail', { retry: once })], { runsDir: tempDir(), kinds, durability: 'relaxed' });
  expect(readFileSync(join(dir, 'outputs/test/log.txt'), 'utf8')).toBe('one;two;');
});
