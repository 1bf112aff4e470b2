import type { Provider } from '@orch/contracts';
import { defineOfflineProvider } from '@orch/providers-core';
import { toReply } from './reply.ts';
import { name } from './settings.ts';

/** Answers each question with the question itself, always the same; a schema is answered with the least that fits it. */
export function createEcho(): Provider {
  return defineOfflineProvider({ name, answer: toReply, check: async () => ({}) });
}
