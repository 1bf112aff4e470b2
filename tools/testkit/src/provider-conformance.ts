import type { FakeVendor } from './fake-vendor.ts';
import { testAnswers } from './provider-conformance/test-answers.ts';
import { testCancels } from './provider-conformance/test-cancels.ts';
import { testFailures } from './provider-conformance/test-failures.ts';
import { testQuestions } from './provider-conformance/test-questions.ts';
import { testService } from './provider-conformance/test-service.ts';

/** What every provider that talks to a server must hold, whoever wrote it. Registers its tests. */
export function providerConformance(vendor: FakeVendor): void {
  testAnswers(vendor);
  testQuestions(vendor);
  testCancels(vendor);
  testFailures(vendor);
  testService(vendor);
}
