import { OrchError, err, ok } from '@orch/contracts';
import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import type { GateExit } from './decide.ts';
import type { TestResults } from './tally.ts';

const exited = (exitCode: number): GateExit => ({ status: 'exited', exitCode });
const results = (passed: number, failed = 0, skipped = 0) => {
  const failures = Array.from({ length: failed }, (_, i) => ({ name: `test ${i}`, message: 'no' }));
  return ok<TestResults>({ tests: passed + failed + skipped, passed, failed, skipped, failures });
};
const none = err(new OrchError('gate_error', 'Expected JUnit results, found none.'));

describe('a gate', () => {
  test.each([
    ['passes when tests ran and none failed', exited(0), results(12), 'passed', '12 tests passed.'],
    ['passes with some skipped', exited(0), results(1, 0, 2), 'passed', '1 test passed, 2 skipped.'],
    ['fails when a test failed', exited(1), results(3, 1), 'failed', '1 of 4 tests failed: "test 0".'],
    [
      'fails when a test failed, whatever the exit code',
      exited(0),
      results(0, 5),
      'failed',
      '5 of 5 tests failed, although the command exited with 0: "test 0", "test 1", "test 2" and 2 more.',
    ],
    ['fails by the exit code alone', exited(7), results(3), 'failed', 'No test failed, but the command exited with 7.'],
    [
      'fails when its command crashed after the tests',
      { status: 'signaled', signal: 'SIGSEGV' } as const,
      results(3),
      'failed',
      'No test failed, but the command was ended by SIGSEGV.',
    ],
    [
      'is in error without results, whatever the exit code',
      exited(0),
      none,
      'error',
      'Expected JUnit results, found none. The command exited with 0.',
    ],
    ['is in error when no test ran', exited(0), results(0), 'error', 'Expected at least 1 test to run, none did.'],
    [
      'is in error when all tests were skipped',
      exited(1),
      results(0, 0, 2),
      'error',
      'Expected at least 1 test to run, none did (2 skipped).',
    ],
    [
      'is in error when its command did not end, even with good results',
      { status: 'unfinished', reason: 'took longer than 5 s and was ended' } as const,
      results(3),
      'error',
      'The command took longer than 5 s and was ended.',
    ],
  ])('%s', (_, exit, found, status, decision) => {
    expect(decide(exit, found)).toEqual({ status, decision });
  });

  test.each([
    ['exited with 0', exited(0), 'passed', 'The command exited with 0.'],
    ['exited with 3', exited(3), 'failed', 'The command exited with 3.'],
    ['was ended', { status: 'signaled', signal: 'SIGKILL' } as const, 'failed', 'The command was ended by SIGKILL.'],
    ['never began', { status: 'unfinished', reason: 'is missing' } as const, 'error', 'The command is missing.'],
  ])(
    'that needs no test is decided by how its command ended where there are no results: it %s',
    (_, exit, status, decision) => {
      expect(decide(exit, none, { minTests: 0 })).toEqual({ status, decision });
    },
  );

  test('that needs no test counts failures all the same where there are results', () => {
    expect(decide(exited(0), results(1, 1), { minTests: 0 }).status).toBe('failed');
    expect(decide(exited(1), results(0), { minTests: 0 }).status).toBe('failed');
  });
});

describe('criteria', () => {
  test('may ask for more tests', () => {
    expect(decide(exited(0), results(3, 0, 9), { minTests: 4 })).toEqual({
      status: 'error',
      decision: 'Expected at least 4 tests to run, only 3 did (9 skipped).',
    });
  });

  test('may let failures pass, and with them the exit code that tells of them', () => {
    expect(decide(exited(1), results(9, 2), { maxFailures: 2 })).toEqual({
      status: 'passed',
      decision: '9 tests passed, 2 failed and let pass.',
    });
    expect(decide(exited(1), results(9, 3), { maxFailures: 2 }).status).toBe('failed');
    expect(decide(exited(1), results(9), { maxFailures: 2 }).status).toBe('failed');
  });
});
