import type { Image, JsonObject, Message, ToolCall } from '@orch/contracts';

type Turn = { readonly role: 'user' | 'assistant'; readonly content: string | readonly JsonObject[] };

/** The system text, which stands apart from the turns. */
export function toSystem(messages: readonly Message[]): string | undefined {
  const texts = messages.flatMap(({ role, content }) => (role === 'system' && content !== '' ? [content] : []));
  return texts.length === 0 ? undefined : texts.join('\n\n');
}

/** Turns as the Messages API wants them: results of tools that were called together stand together in one of the user. */
export function toTurns(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  let results: JsonObject[] = [];
  for (const message of messages) {
    if (message.role === 'tool') {
      if (results.length === 0) turns.push({ role: 'user', content: results });
      results.push(toToolResult(message));
    } else {
      results = [];
      if (message.role === 'user') turns.push({ role: 'user', content: toUserContent(message) });
      else if (message.role === 'assistant') turns.push(...toAssistantTurn(message));
    }
  }
  return turns;
}

type Of<R extends Message['role']> = Extract<Message, { role: R }>;

function toToolResult({ callId, content, isError }: Of<'tool'>): JsonObject {
  return { type: 'tool_result', tool_use_id: callId, content, ...(isError === true && { is_error: true }) };
}

function toUserContent({ content, images = [] }: Of<'user'>): Turn['content'] {
  return images.length === 0 ? content : [...images.map(toImage), ...toText(content)];
}

function toImage({ mediaType, data }: Image): JsonObject {
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data } };
}

/** Blocks without text are refused. */
function toText(text: string): JsonObject[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

/** A turn in which nothing was said is refused too, and says nothing to the model. */
function toAssistantTurn({ content, toolCalls = [] }: Of<'assistant'>): Turn[] {
  if (toolCalls.length > 0) return [{ role: 'assistant', content: [...toText(content), ...toolCalls.map(toToolUse)] }];
  return content === '' ? [] : [{ role: 'assistant', content }];
}

function toToolUse({ id, name, arguments: written }: ToolCall): JsonObject {
  return { type: 'tool_use', id, name, input: toInput(written) };
}

/** What the model wrote as an object. What is none goes back inside of one, as Anthropic advises for invalid JSON. */
function toInput(written: string): JsonObject {
  if (written.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(written);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { INVALID_JSON: written };
}
