import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openPlace } from './orch.ts';
import { eventsOf, expectFailure, expectSuccess } from './steps.ts';

describe.concurrent('gate', () => {
  const junit = (cases: string): string =>
    `printf '%s' '<testsuites><testsuite name="s">${cases}</testsuite></testsuites>'`;
  const passed = '<testcase name="good"/>';
  const failed = '<testcase name="bad"><failure message="no"/></testcase>';

  test.for([
    ['no test', junit(''), 'gate_error', /Expected at least 1 test to run, none did/],
    ['only skipped tests', junit('<testcase name="a"><skipped/></testcase>'), 'gate_error', /none did \(1 skipped\)/],
    ['no results', 'echo all good', 'gate_error', /Expected JUnit results, found none/],
    ['a failed test', `${junit(passed + failed)}; exit 1`, 'gate_failed', /1 of 2 tests failed: "s > bad"/],
    ['a failed test but exit code 0', junit(passed + failed), 'gate_failed', /although the command exited with 0/],
    ['passed tests but exit code 7', `${junit(passed)}; exit 7`, 'gate_failed', /the command exited with 7/],
  ] as const)('with %s it stops what needs it, and the job fails', async ([, line, code, message], context) => {
    const place = openPlace(context);
    const failure = await expectFailure(place, {
      check: { kind: 'gate', run: line },
      after: { needs: ['check'], run: 'touch ran' },
    });
    expect(failure).toMatchObject({ step: 'check', code });
    expect(failure.message).toMatch(message);
    expect(existsSync(place.path('ran'))).toBe(false);
    expect(eventsOf(place, code === 'gate_error' ? 'gate.error' : 'gate.failed')).toHaveLength(1);
    expect(eventsOf(place, 'step.skipped')).toMatchObject([{ step: 'after', data: { reason: 'dependency_failed' } }]);
  });

  test('with passed tests it lets through what needs it, and its numbers can be read', async (context) => {
    const place = openPlace(context);
    await expectSuccess(place, {
      check: { kind: 'gate', run: junit(passed + passed) },
      after: { write: { n: '{{ steps.check.output.results.passed }} {{ steps.check.output.decision }}' } },
    });
    expect(place.output('n')).toBe('2 2 tests passed.');
  });
});
