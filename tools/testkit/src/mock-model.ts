import { LLMock } from '@copilotkit/aimock';
import { onTestFinished } from 'vitest';

/** An independent mock of the vendors' protocols, which answers `Why?`; gone when the test ends. */
export async function mockModel(options: Parameters<LLMock['onMessage']>[2] = {}): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  mock.onMessage('Why?', { content: 'Because it is so.' }, options);
  await mock.start();
  onTestFinished(() => mock.stop());
  return mock;
}
