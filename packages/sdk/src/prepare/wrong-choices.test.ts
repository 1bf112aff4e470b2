import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { defineJob, prepareRun } from '../index.ts';

const review = (failOn: string) => ({ pipeline: { use: 'review', with: { fail_on: failOn } } });
const outer = { steps: { inner: { spec: 'inner.json' } } };
const message = 'review: expected fail_on to be one of low, medium, high, critical, none, got `nope`';

test.each([
  ['with', review('nope'), {}, {}, 'job.json'],
  ['--var', review('low'), {}, { fail_on: 'nope' }, 'job.json'],
  ['with of a job that a step runs', outer, review('nope'), {}, 'inner.json'],
])('a value that a pipeline does not have is refused before anything runs: %s', async (_, job, inner, vars, file) => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.json'), JSON.stringify(job));
  writeFileSync(join(cwd, 'inner.json'), JSON.stringify(inner));
  const prepared = prepareRun('job.json', { cwd, vars, provider: 'echo' });
  const problems = [expect.objectContaining({ message, file })];
  await expect(prepared).rejects.toMatchObject({ code: 'spec', exit: 2, details: { problems } });
});

test('also in a job that code defines; what there is passes', async () => {
  const around = { cwd: tempDir(), provider: 'echo' };
  await expect(prepareRun(defineJob(review('nope')), around)).rejects.toMatchObject({ code: 'spec' });
  await (await prepareRun(defineJob(review('none')), around)).close();
});
