export { FakeClock } from './fake-clock.ts';
export { tempDir } from './temp-dir.ts';
