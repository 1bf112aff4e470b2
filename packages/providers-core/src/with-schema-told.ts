import type { Message } from '@orch/contracts';
import type { AskedModel } from './define-provider.ts';

/** The same question with its schema in words, at the end of what was asked last: for who cannot be held to it. */
export function withSchemaTold(asked: AskedModel): AskedModel {
  const { schema, messages, ...others } = asked;
  if (schema === undefined) return asked;
  const words = `Answer with nothing but JSON that fits this JSON Schema:\n${JSON.stringify(schema)}`;
  return { ...others, messages: withWords(messages, words) };
}

function withWords(messages: readonly Message[], words: string): Message[] {
  const at = messages.findLastIndex(({ role }) => role === 'user');
  const last = messages[at];
  if (last?.role !== 'user') return [...messages, { role: 'user', content: words }];
  return messages.with(at, { ...last, content: `${last.content}\n\n${words}` });
}
