import type { Result } from '@orch/contracts';
import type { TestResults } from './tally.ts';

/** How the command of a gate ended. */
export type GateExit =
  | { readonly status: 'exited'; readonly exitCode: number }
  | { readonly status: 'signaled'; readonly signal: string }
  /** It was ended, or never started; `reason` goes on after "the command". */
  | { readonly status: 'unfinished'; readonly reason: string };

export type GateCriteria = {
  /** Tests that must have been executed; skipped ones were not. Default 1; with 0, the exit code decides where there are no results. */
  readonly minTests?: number | undefined;
  /** Failed tests that are let pass, and with them the exit code that tells of them. Default 0. */
  readonly maxFailures?: number | undefined;
};

export type GateDecision = {
  readonly status: 'passed' | 'failed' | 'error';
  /** Why, in a sentence for people. */
  readonly decision: string;
};

/**
 * What a gate comes to. `error`: the command did not come to its end, left no readable results though tests were
 * expected, or executed too few tests. `failed`: too many tests failed, or the command exited with something but 0 though none did. Else `passed`.
 */
export function decide(exit: GateExit, results: Result<TestResults>, criteria: GateCriteria = {}): GateDecision {
  const { minTests = 1, maxFailures = 0 } = criteria;
  if (exit.status === 'unfinished') return { status: 'error', decision: `The command ${exit.reason}.` };
  if (!results.ok && minTests === 0) return decideByExit(exit);
  if (!results.ok) return { status: 'error', decision: `${results.error.message} The command ${ended(exit)}.` };
  const { tests, skipped, failed } = results.value;
  if (tests - skipped < minTests) return { status: 'error', decision: tooFew(results.value, minTests) };
  if (failed > maxFailures) return { status: 'failed', decision: tooManyFailed(results.value, exit) };
  if (failed === 0 && !isClean(exit))
    return { status: 'failed', decision: `No test failed, but the command ${ended(exit)}.` };
  return { status: 'passed', decision: passed(results.value) };
}

function isClean(exit: GateExit): boolean {
  return exit.status === 'exited' && exit.exitCode === 0;
}

function decideByExit(exit: Exclude<GateExit, { status: 'unfinished' }>): GateDecision {
  return { status: isClean(exit) ? 'passed' : 'failed', decision: `The command ${ended(exit)}.` };
}

function tooFew({ tests, skipped }: TestResults, minTests: number): string {
  const ran = tests - skipped === 0 ? 'none' : `only ${tests - skipped}`;
  return `Expected at least ${count(minTests)} to run, ${ran} did${skipped > 0 ? ` (${skipped} skipped)` : ''}.`;
}

function tooManyFailed({ tests, skipped, failed, failures }: TestResults, exit: GateExit): string {
  const names = failures.slice(0, 3).map(({ name }) => `"${name}"`);
  const more = failed > names.length ? ` and ${failed - names.length} more` : '';
  const despite = isClean(exit) ? ', although the command exited with 0' : '';
  return `${failed} of ${count(tests - skipped)} failed${despite}: ${names.join(', ')}${more}.`;
}

function passed({ tests, skipped, failed }: TestResults): string {
  const tolerated = failed > 0 ? `, ${failed} failed and let pass` : '';
  return `${count(tests - skipped - failed)} passed${tolerated}${skipped > 0 ? `, ${skipped} skipped` : ''}.`;
}

function ended(exit: Exclude<GateExit, { status: 'unfinished' }>): string {
  return exit.status === 'exited' ? `exited with ${exit.exitCode}` : `was ended by ${exit.signal}`;
}

function count(tests: number): string {
  return tests === 1 ? '1 test' : `${tests} tests`;
}
