import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { StepKind } from '@orch/contracts';
import { runGate } from '@orch/gates';
import { z } from 'zod';
import { commandFields, commandFingerprint, commandOf, commandOptions } from './command.ts';

const input = z.strictObject(commandFields);

const gate_type = 'unit_tests';

/** Runs a check, reads the JUnit results it prints, or writes to files that it declares, and lets its dependents through only when the check passed. */
export const gateKind: StepKind<z.infer<typeof input>> = {
  kind: 'gate',
  version: 1,
  input,
  fingerprint: commandFingerprint,
  async run(fields, host) {
    const gate = { gate_id: host.item === undefined ? host.step : `${host.step}/${host.item}`, gate_type };
    await host.emit('gate.started', gate);
    const resultFiles = host.writes
      .filter((path) => path.endsWith('.xml'))
      .map((path) => join(host.dirs.outputs, path));
    const report = await runGate({ command: commandOf(fields), resultFiles, ...commandOptions(fields, host) });
    const { status, decision, results } = report;
    await host.emit(`gate.${status}`, { ...gate, results, decision });
    if (status === 'passed') return { status: 'succeeded', output: { decision, results } };
    const code = status === 'failed' ? 'gate_failed' : 'gate_error';
    return { status: 'failed', error: new OrchError(code, decision) };
  },
};
