import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestModule } from '@orch/spec';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { step } from '../testing/plan.ts';
import { runJob } from '../testing/run-job.ts';

const commandEnv = { PATH: process.env['PATH'] ?? '' };

test.each([
  ['test {{ vars.x }} = works', ['test "$ORCH_V1" = works', 'exited with 1 ($ORCH_V1 = "no").']],
  ['exit 3', ['`exit 3` to exit with 0, it exited with 3.']],
  ['set -e\nfalse\n', ['Expected `set -e …` to exit with 0, it exited with 1.']],
  ['test {{ vars.long }} = x', [`$ORCH_V1 = "${'y'.repeat(60)} …"`]],
])('a command that failed is told with what its tags gave, its line in short: %j', async (run, parts) => {
  const vars = { x: 'no', long: 'y'.repeat(100) };
  const job = [step('a', { kind: 'shell', fields: { run } })];
  const { result } = await runJob(job, { plan: { vars }, commandEnv, runsDir: tempDir(), durability: 'relaxed' });
  for (const part of parts) expect(result.manifest.failures[0]?.message).toContain(part);
});

test.each([
  ['args[1]', 131_071, { command: 'printf', args: ['%s', '{{ vars.long }}'] }],
  ['env.LONG', 131_066, { run: 'true', env: { LONG: '{{ vars.long }}' } }],
])('what is too long for a command is named with its size: %s', async (what, most, fields) => {
  const end = async (long: string) => {
    const options = { plan: { vars: { long } }, commandEnv, runsDir: tempDir(), durability: 'relaxed' } as const;
    return (await runJob([step('a', { kind: 'shell', fields })], options)).result;
  };
  expect((await end('x'.repeat(most))).status).toBe('succeeded');
  const message = `${what} has ${most + 1} bytes; a command takes at most ${most}`;
  const hint = 'hand it over through stdin, or write it to a file first';
  expect((await end(`${'x'.repeat(most - 1)}é`)).manifest.failures).toMatchObject([{ message, hint }]);
});

test('a module that reads what it does not see is told what it sees', async () => {
  const jobDir = tempDir();
  const code = 'export default ({ steps }) => steps.b.output;';
  writeFileSync(join(jobDir, 'm.mjs'), code);
  const digest = await digestModule('m.mjs', { jobDir, readFile: async () => code });
  const fields = { uses: 'm.mjs', code_sha256: digest.ok ? digest.value : '' };
  const job = [
    step('a', { kind: 'shell', fields: { run: 'true' } }),
    step('b', { kind: 'module', needs: ['a'], fields }),
  ];
  const { result } = await runJob(job, { jobDir, commandEnv, runsDir: tempDir(), durability: 'relaxed' });
  expect(result.manifest.failures).toMatchObject([
    {
      message: expect.stringMatching(/^m\.mjs: Cannot read properties of undefined/) as string,
      hint: 'A module sees only the steps that `needs` names: a.',
    },
  ]);
});

test.each([
  ['json', { run: 'echo no', output: 'json' }, {}, /^output: json: Expected JSON on stdout, got "no"/],
  ["the job's time", { run: 'sleep 5' }, { timeout_s: 0.05 }, /^Expected an end within the job's timeout_s: 0.05/],
])('what is wrong is named: %s', async (_, fields, plan, message) => {
  const job = [step('a', { kind: 'shell', fields })];
  const { result } = await runJob(job, { plan, commandEnv, runsDir: tempDir(), durability: 'relaxed' });
  const { failures, error } = result.manifest as {
    failures: { message: string; hint?: string }[];
    error?: { message: string };
  };
  const told = failures[0] ?? error;
  expect(told?.message).toMatch(message);
  expect(failures[0]?.hint ?? '').not.toContain('max_tokens');
});
