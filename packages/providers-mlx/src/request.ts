import type { ModelRequest } from '@orch/contracts';

/** The server holds no answer to a schema: the model is told it, at the end of what it was asked last. */
export function withSchemaTold(request: ModelRequest): ModelRequest {
  const { schema, messages } = request;
  const at = messages.findLastIndex(({ role }) => role === 'user');
  const asked = messages[at];
  if (schema === undefined || asked?.role !== 'user') return request;
  const told = `Answer with nothing but JSON that fits this JSON Schema:\n${JSON.stringify(schema)}`;
  return { ...request, messages: messages.with(at, { ...asked, content: `${asked.content}\n\n${told}` }) };
}
