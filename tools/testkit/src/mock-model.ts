import { LLMock } from '@copilotkit/aimock';
import type { FixtureOpts } from '@copilotkit/aimock';
import { onTestFinished } from 'vitest';

/** What `mockModel` answers. */
export const mocked = 'Because it is so.';

/**
 * An independent mock of the vendors' protocols, which answers `Why?`: the first time as the first of these says, and
 * after the last as the last does. Gone when the test ends.
 */
export async function mockModel(...answers: readonly FixtureOpts[]): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  const before = answers.slice(0, -1);
  for (const [sequenceIndex, opts] of before.entries())
    mock.on({ userMessage: 'Why?', sequenceIndex }, { content: mocked }, opts);
  mock.onMessage('Why?', { content: mocked }, answers.at(-1));
  await mock.start();
  onTestFinished(() => mock.stop());
  return mock;
}
