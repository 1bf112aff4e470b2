import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestRun } from './run-tests.ts';
import type { Ended } from './run-vitest.ts';

/** As far as it is read: https://vitest.dev/guide/reporters#json-reporter */
type Report = {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
};

/** The report of vitest, in short. */
export function readReport(dir: string, path: string, { code, output }: Ended): TestRun {
  if (!existsSync(path)) return { status: 'broken', why: `vitest ended with ${code}: ${output.trim()}` };
  const { testResults, numTotalTests } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed === undefined) continue;
    const isLate = failed.failureMessages.some((message) => /\bTest timed out\b/.test(message));
    return { status: 'failed', by: `${relative(dir, name)} > ${failed.fullName}${isLate ? ' (no end in sight)' : ''}` };
  }
  const unloaded = testResults.find(({ status }) => status === 'failed');
  if (unloaded !== undefined) return { status: 'broken', why: `${relative(dir, unloaded.name)}: ${unloaded.message}` };
  if (code !== 0) return { status: 'failed', by: 'an error outside of any test' };
  return numTotalTests > 0 ? { status: 'passed' } : { status: 'broken', why: 'no test was found' };
}
