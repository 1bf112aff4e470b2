import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Json, Outcome, StepHost, StepKind } from '@orch/contracts';
import { runGate } from '@orch/gates';
import { z } from 'zod';
import { commandFields, commandFingerprint, commandOf, commandOptions, orFailed } from './command.ts';

const count = z.int().nonnegative();

const input = z.strictObject({
  ...commandFields,
  type: z
    .enum(['unit_tests', 'integration_tests', 'e2e_tests', 'security_scan', 'lint', 'custom'])
    .default('unit_tests'),
  criteria: z.strictObject({ min_tests: count.optional(), max_failures: count.optional() }).default({}),
  /** Whether a gate that is not passed fails its step. */
  required: z.boolean().default(true),
});

type GateInput = z.infer<typeof input>;

/**
 * Runs a check and decides: by the JUnit results that it prints, or writes to files that it declares, and, unless it is a
 * test gate, by its exit code where there are none. What needs it runs only when it passed, or is not required.
 */
export const gateKind: StepKind<GateInput> = {
  kind: 'gate',
  version: 2,
  input,
  fingerprint: commandFingerprint,
  run: (fields, host) => orFailed(() => check(fields, host)),
};

async function check(fields: GateInput, host: StepHost): Promise<Outcome<Json>> {
  const { type: gate_type, required } = fields;
  const gate = { gate_id: host.item === undefined ? host.step : `${host.step}/${host.item}`, gate_type };
  await host.emit('gate.started', gate);
  const resultFiles = host.writes.filter((path) => path.endsWith('.xml')).map((path) => join(host.dirs.outputs, path));
  const asked = { command: commandOf(fields), resultFiles, criteria: criteriaOf(fields) };
  const { status, decision, results } = await runGate({
    ...asked,
    ...commandOptions(fields, host),
    hide: (text) => host.hider.text(text),
  });
  await host.emit(`gate.${status}`, { ...gate, results, decision });
  const letsPass = status === 'passed' || (!required && !host.signal.aborted);
  if (letsPass) return { status: 'succeeded', output: { status, decision, results } };
  return { status: 'failed', error: new OrchError(status === 'failed' ? 'gate_failed' : 'gate_error', decision) };
}

/** A test gate that ran no test has checked nothing. */
function criteriaOf({ type, criteria }: GateInput) {
  const { min_tests: minTests = type.endsWith('_tests') ? 1 : 0, max_failures: maxFailures } = criteria;
  return { minTests, maxFailures };
}
