import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { explainStep, run } from '../index.ts';

const steps = {
  plain: { prompt: 'Say hello.' },
  off: { prompt: 'Say hello.', cache: 'off' },
  refresh: { prompt: 'Say hello.', cache: 'refresh' },
};

test('a miss tells which cache mode of the step passed over what was stored, but for a frozen run, which takes it', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), JSON.stringify({ steps }));
  const asked = async (more: { frozen?: boolean; provider?: string }) => {
    const { dir } = await run('job.yaml', { cwd, provider: 'echo', ...more }).result;
    const explained = await Promise.all(Object.keys(steps).map((step) => explainStep(dir, step)));
    return explained.map(({ questions }) => questions[0]);
  };
  const none = { lines: [expect.stringContaining('There is no other entry of step') as string] };
  expect(await asked({})).toMatchObject([
    { cache: 'miss', passedOver: undefined, why: none },
    { cache: 'miss', passedOver: 'off', why: undefined },
    { cache: 'miss', passedOver: 'refresh', why: undefined },
  ]);
  const missed = { cache: 'miss', passedOver: undefined, why: none };
  expect(await asked({ frozen: true, provider: 'ollama:m' })).toMatchObject([missed, missed, missed]);
});
