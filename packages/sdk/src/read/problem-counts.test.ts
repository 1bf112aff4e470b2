import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { plan } from '../index.ts';

test('problems are counted for each file that has them', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), 'steps: {a: {spec: inner.yaml}}\n');
  writeFileSync(join(cwd, 'inner.yaml'), 'steps: {b: {run: ls, nope: 1}}\n');
  const settings = { cwd, env: {} };
  await expect(plan('job.yaml', settings)).rejects.toThrow('one problem in inner.yaml, nothing was run.');
  writeFileSync(join(cwd, 'job.yaml'), 'steps: {a: {spec: inner.yaml, x: 1, y: 2}}\n');
  await expect(plan('job.yaml', settings)).rejects.toThrow(
    '2 problems in job.yaml, one problem in inner.yaml, nothing was run.',
  );
});

test('a secret that is not set is told with the variable that is given it', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), 'steps: {x: {run: ls, env: {A: {secret: NOPE}}}}\n');
  const { run } = await import('../index.ts');
  await expect(run('job.yaml', { cwd, env: {} }).result).rejects.toThrow('NOPE (named by steps.x.env.A)');
});
