export { FakeClock } from './fake-clock.ts';
export type { FakeHost } from './fake-host.ts';
export { fakeHost } from './fake-host.ts';
export type { KindExamples } from './step-kind-suite.ts';
export { stepKindSuite } from './step-kind-suite.ts';
export { tempDir } from './temp-dir.ts';
