import type { Message } from '@orch/contracts';

const bytesPerToken = 4;
/** About a megapixel, as the vendors that say so count it. */
const tokensPerImage = 1_000;

/**
 * A rough count of a prompt's tokens: one for each 4 bytes of UTF-8, 1 000 for an image. Near enough for English and
 * code; other scripts come out somewhat high. For budgets and limits, never for bills.
 */
export function estimateTokens(messages: readonly Message[]): number {
  const bytes = messages.reduce((sum, message) => sum + bytesOf(message), 0);
  const images = messages.reduce(
    (sum, message) => sum + (message.role === 'user' ? (message.images?.length ?? 0) : 0),
    0,
  );
  return Math.ceil(bytes / bytesPerToken) + images * tokensPerImage;
}

function bytesOf(message: Message): number {
  const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
  return calls.reduce(
    (sum, { name, arguments: args }) => sum + name.length + Buffer.byteLength(args),
    Buffer.byteLength(message.content),
  );
}
