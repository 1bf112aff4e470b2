import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with `N passed, N failed[, N skipped]`; with ORCH_TEST_COUNTS set, writes the counts to that file as JSON instead. */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = countTests(modules);
    counts.failed += unhandledErrors.length;
    const file = process.env.ORCH_TEST_COUNTS;
    if (file) {
      writeFileSync(file, JSON.stringify(counts));
      return;
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    process.once('exit', () => process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`));
  }
}

function countTests(modules: readonly TestModule[]) {
  const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  for (const module of modules) {
    const tests = [...module.children.allTests()];
    for (const test of tests) counts[test.result().state]++;
    const brokenAround = module.state() === 'failed' && !tests.some((test) => test.result().state === 'failed');
    if (brokenAround) counts.failed++; // the file did not load, or a hook failed
  }
  return counts;
}
