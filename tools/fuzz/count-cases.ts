// Before the tests of a file: what fast-check tried is told in the file ORCH_FUZZ_REPORT, a line of JSON a property.
import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, expect } from 'vitest';

export type Property = {
  readonly file: string;
  readonly name: string;
  readonly cases: number;
  readonly seconds: number;
  readonly failed: boolean;
};

const report = process.env['ORCH_FUZZ_REPORT'] ?? '';
let began = 0;

beforeEach(() => {
  began = performance.now();
});

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  reporter(details) {
    const { testPath: file = '', currentTestName: name = '' } = expect.getState();
    const seconds = (performance.now() - began) / 1000;
    const { numRuns: cases, failed } = details;
    appendFileSync(report, `${JSON.stringify({ file, name, cases, seconds, failed } satisfies Property)}\n`);
    if (failed) throw new Error(fc.defaultReportMessage(details));
  },
});
