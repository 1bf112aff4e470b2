import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { readResults } from '../index.ts';
import { each, jobOf, step, write } from '../testing/plan.ts';
import { runJob } from '../testing/run-job.ts';

const commandEnv = { PATH: process.env['PATH'] ?? '' };
const shell = (id: string, run: string, more: object = {}) => step(id, { kind: 'shell', fields: { run }, ...more });

const seen = ['good', 'bad', 'many', 'off', 'file'];
const told = Object.fromEntries(seen.map((id) => [`${id}.json`, `{{ steps.${id} }}`]));
const accept = Object.fromEntries(seen.map((id) => [id, ['succeeded', 'failed', 'skipped'] as const]));
const steps = [
  shell('good', 'echo out; echo err >&2'),
  shell('bad', 'echo no >&2; exit 3', { on_failure: 'continue' }),
  shell('many', 'exit {{ item }}', { each: each('0', '4'), on_failure: 'continue', min_success: 2 }),
  shell('off', 'echo x', { when: 'false' }),
  write('file', { 'a.txt': 'text' }),
  { ...write('tell', told, seen), accept },
  shell('late', 'exit 1', { needs: ['tell'] }),
  shell('never', 'echo x', { needs: ['late'] }),
];

test('what can be read of a run that is over is what its own steps saw of each other', async () => {
  const { dir, result } = await runJob(steps, { commandEnv, runsDir: tempDir(), durability: 'relaxed' });
  expect(result.status).toBe('failed');
  const scope = await readResults(dir, jobOf(steps));
  const printed = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  for (const id of seen) {
    const written = readFileSync(join(dir, 'outputs', 'test', `${id}.json`), 'utf8');
    expect(printed(scope.steps[id]), id).toEqual(JSON.parse(written));
  }
  expect(scope.steps['file']?.files[0]?.text).toBe('text');
  expect(scope.steps['many']?.items?.map(({ key, status }) => [key, status])).toEqual([
    ['0', 'succeeded'],
    ['4', 'failed'],
  ]);
  expect(scope.steps['late']).toMatchObject({ status: 'failed', exit_code: 1 });
  expect(scope.steps['never']).toMatchObject({ output: null, files: [] });
});
