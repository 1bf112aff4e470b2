import type { Image, JsonObject, Message, ToolSpec } from '@orch/contracts';
import type { AskedModel } from '@orch/providers-core';
import { toOptions } from '../settings.ts';
import type { OpenaiOptions, OpenaiSettings } from '../settings.ts';
import { isStrictSchema } from '../strict-schema.ts';

/**
 * The body of `POST /responses` (https://platform.openai.com/docs/api-reference/responses/create), streamed. The whole
 * conversation is sent each time, and the server is asked to keep nothing of it.
 */
export function toResponse(settings: OpenaiSettings, asked: AskedModel): JsonObject {
  const { model, messages, options, schema, tools = [] } = asked;
  return {
    model,
    ...toInput(messages),
    ...toBodyOptions(toOptions(settings, options)),
    ...(tools.length > 0 && { tools: tools.map(toTool) }),
    ...(schema !== undefined && { text: { format: toFormat(schema) } }),
    store: false,
    stream: true,
  };
}

/** What the system says first is the instructions, unless it is all that is said: an input is demanded. */
function toInput(messages: readonly Message[]): JsonObject {
  const [first, ...others] = messages;
  if (first?.role !== 'system' || others.length === 0) return { input: messages.flatMap(toItems) };
  return { instructions: first.content, input: others.flatMap(toItems) };
}

function toItems(message: Message): JsonObject[] {
  const { role, content } = message;
  switch (role) {
    case 'system':
      return [{ role, content }];
    case 'user':
      return [{ role, content: toContent(content, message.images) }];
    case 'assistant':
      return toAssistant(content, message.toolCalls);
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.callId, output: content }];
  }
}

function toContent(text: string, images: readonly Image[] = []): string | JsonObject[] {
  if (images.length === 0) return text;
  const parts = images.map(({ mediaType, data }) => ({
    type: 'input_image',
    image_url: `data:${mediaType};base64,${data}`,
    detail: 'auto',
  }));
  return text === '' ? parts : [{ type: 'input_text', text }, ...parts];
}

function toAssistant(content: string, calls: (Message & { role: 'assistant' })['toolCalls'] = []): JsonObject[] {
  const said = content === '' && calls.length > 0 ? [] : [{ role: 'assistant', content }];
  const asked = calls.map(({ id, name, arguments: args }) => ({
    type: 'function_call',
    call_id: id,
    name,
    arguments: args,
  }));
  return [...said, ...asked];
}

/** Strict unless told otherwise, here; but schemas of tools are mostly open. */
function toTool({ name, description, inputSchema }: ToolSpec): JsonObject {
  const about = description === undefined ? {} : { description };
  return { type: 'function', name, ...about, parameters: inputSchema, strict: false };
}

function toBodyOptions({ max_tokens, ...options }: OpenaiOptions): JsonObject {
  return max_tokens === undefined ? options : { ...options, max_output_tokens: max_tokens };
}

function toFormat(schema: JsonObject): JsonObject {
  return { type: 'json_schema', name: 'answer', schema, strict: isStrictSchema(schema) };
}
