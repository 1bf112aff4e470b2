import type { ModelRequest } from '@orch/contracts';

/** `Why?`, to be answered briefly by `some-model`, but for these changes. */
export function question(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'some-model',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Why?' },
    ],
    options: {},
    asked: { step: 'a', sample: 0, messagesSha256: '0'.repeat(64) },
    ...changes,
  };
}
