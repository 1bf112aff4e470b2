import type { Message } from '@orch/contracts';

const bytesPerToken = 4;

/**
 * A rough count of a prompt's tokens: one for each 4 bytes of UTF-8. Near enough for English and code; other scripts
 * come out somewhat high. For budgets and limits, never for bills.
 */
export function estimateTokens(messages: readonly Pick<Message, 'content'>[]): number {
  const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  return Math.ceil(bytes / bytesPerToken);
}
