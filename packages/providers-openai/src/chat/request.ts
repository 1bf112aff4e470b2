import type { Image, JsonObject, Message, ToolSpec } from '@orch/contracts';
import type { AskedModel } from '@orch/providers-core';
import { toOptions } from '../settings.ts';
import type { OpenaiOptions, OpenaiSettings } from '../settings.ts';
import { isStrictSchema } from '../strict-schema.ts';

/** The body of `POST /chat/completions` (https://platform.openai.com/docs/api-reference/chat/create), streamed. */
export function toCompletion(settings: OpenaiSettings, asked: AskedModel): JsonObject {
  const { model, messages, options, schema, tools = [] } = asked;
  return {
    model,
    messages: messages.map(toMessage),
    ...toBodyOptions(settings, toOptions(settings, options)),
    ...(tools.length > 0 && { tools: tools.map(toTool) }),
    ...(schema !== undefined && { response_format: toResponseFormat(schema) }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function toMessage(message: Message): JsonObject {
  const { role, content } = message;
  switch (role) {
    case 'system':
      return { role, content };
    case 'user':
      return { role, content: toContent(content, message.images) };
    case 'assistant':
      return toAssistant(content, message.toolCalls);
    case 'tool':
      return { role, tool_call_id: message.callId, content };
  }
}

function toContent(text: string, images: readonly Image[] = []): string | JsonObject[] {
  if (images.length === 0) return text;
  const parts = images.map(({ mediaType, data }) => ({
    type: 'image_url',
    image_url: { url: `data:${mediaType};base64,${data}` },
  }));
  return text === '' ? parts : [{ type: 'text', text }, ...parts];
}

function toAssistant(content: string, calls: (Message & { role: 'assistant' })['toolCalls'] = []): JsonObject {
  if (calls.length === 0) return { role: 'assistant', content };
  const tool_calls = calls.map(({ id, name, arguments: args }) => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  }));
  return { role: 'assistant', content: content === '' ? null : content, tool_calls };
}

function toTool({ name, description, inputSchema }: ToolSpec): JsonObject {
  const about = description === undefined ? {} : { description };
  return { type: 'function', function: { name, ...about, parameters: inputSchema } };
}

/** OpenAI's newer models refuse the old name of `max_tokens`; most compatible servers know no other. */
function toBodyOptions({ isOpenai }: OpenaiSettings, { max_tokens, ...options }: OpenaiOptions): JsonObject {
  if (max_tokens === undefined) return options;
  return { ...options, [isOpenai ? 'max_completion_tokens' : 'max_tokens']: max_tokens };
}

function toResponseFormat(schema: JsonObject): JsonObject {
  return { type: 'json_schema', json_schema: { name: 'answer', schema, strict: isStrictSchema(schema) } };
}
