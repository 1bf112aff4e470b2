import type { EventData, JsonObject } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { step } from '../testing/plan.ts';
import { runJob } from '../testing/run-job.ts';
import { witness } from '../testing/probe.ts';

const junit = (failures: number): string => {
  const failed = '<testcase name="bad"><failure message="no"/></testcase>'.repeat(failures);
  return `echo '<testsuites><testcase name="good"/>${failed}</testsuites>'; exit ${failures}`;
};

/** What became of a gate, and whether what needs it ran. */
async function gated(fields: JsonObject) {
  const { kind, ran } = witness();
  const steps = [step('check', { kind: 'gate', fields }), step('after', { needs: ['check'] })];
  const path = process.env['PATH'] ?? '';
  const settings = { durability: 'relaxed', runsDir: tempDir(), kinds: [kind], commandEnv: { PATH: path } } as const;
  const { result, events } = await runJob(steps, settings);
  const told = events.find(({ type }) => ['gate.passed', 'gate.failed', 'gate.error'].includes(type));
  const { gate_type: type, decision } = told?.data as EventData['gate.passed'];
  const { inline = 'null' } = result.manifest.steps['check']?.output ?? {};
  const output = JSON.parse(inline) as { readonly status?: string; readonly decision?: string } | null;
  return { came: `${told?.type} ${type}`, decision, output, letsPass: ran.includes('after'), result };
}

test.each<[string, JsonObject, string, boolean]>([
  ['without a type is a test gate, which passes by its results', { run: junit(0) }, 'gate.passed unit_tests', true],
  ['fails by them', { run: junit(1) }, 'gate.failed unit_tests', false],
  ['of tests is in error without results, whatever it exits with', { run: 'true' }, 'gate.error unit_tests', false],
  ['of other tests is one too', { run: 'true', type: 'e2e_tests' }, 'gate.error e2e_tests', false],
  ['of no tests passes by its exit code', { run: 'true', type: 'lint' }, 'gate.passed lint', true],
  ['of no tests fails by its exit code', { run: 'exit 3', type: 'custom' }, 'gate.failed custom', false],
  [
    'of no tests fails by results that tell of failures',
    { run: `${junit(1)}; true`, type: 'custom' },
    'gate.failed custom',
    false,
  ],
  [
    'of no tests with `min_tests` wants results',
    { run: 'true', type: 'custom', criteria: { min_tests: 1 } },
    'gate.error custom',
    false,
  ],
  ['with `min_tests: 0` needs no tests', { run: 'true', criteria: { min_tests: 0 } }, 'gate.passed unit_tests', true],
  [
    'wants as many tests as `min_tests` says',
    { run: junit(0), criteria: { min_tests: 2 } },
    'gate.error unit_tests',
    false,
  ],
  [
    'lets as many fail as `max_failures` says',
    { run: junit(2), criteria: { max_failures: 2 } },
    'gate.passed unit_tests',
    true,
  ],
  ['lets no more fail than that', { run: junit(3), criteria: { max_failures: 2 } }, 'gate.failed unit_tests', false],
  ['whose command is missing is in error', { command: 'no-such-program', type: 'lint' }, 'gate.error lint', false],
])('a gate %s', async (_, fields, came, letsPass) => {
  const gate = await gated(fields);
  expect(gate).toMatchObject({ came, letsPass });
  expect(gate.result.status).toBe(letsPass ? 'succeeded' : 'failed');
});

test.each([
  ['failed', { run: 'exit 3', type: 'lint', required: false }, 'The command exited with 3.'],
  ['error', { run: 'true', required: false }, undefined],
])('a gate that is not required lets pass what needs it with its decision: %s', async (status, fields, decision) => {
  const gate = await gated(fields);
  expect(gate).toMatchObject({ came: expect.stringContaining(`gate.${status}`), letsPass: true });
  expect(gate.output).toMatchObject({ status, decision: decision ?? gate.decision });
  expect(gate.result.status).toBe('succeeded');
});
