import { OrchError } from '@orch/contracts';
import type { JsonObject, Message, ProviderIdentity, ToolCall, ToolSpec } from '@orch/contracts';
import { questionTokens, withSchemaTold } from '@orch/providers-core';
import type { AskedModel, VendorRequest } from '@orch/providers-core';
import { name, toOptions } from './settings.ts';
import type { OllamaOptions, OllamaSettings } from './settings.ts';

export function identify(settings: OllamaSettings, { model, options }: AskedModel): ProviderIdentity {
  const { service } = settings;
  const opts = toOptions(settings.options, options);
  return { name, model, opts, ...(service !== undefined && { service }) };
}

/** `POST /api/chat` (https://docs.ollama.com/api/chat): the native endpoint, the only one that takes `num_ctx`. */
export function toRequest(settings: OllamaSettings, asked: AskedModel): VendorRequest {
  const tools = asked.tools?.map(toTool) ?? [];
  // Ollama makes a grammar of `format`, and none of them lets a model call a tool.
  const told = tools.length > 0 ? withSchemaTold(asked) : asked;
  const { model, messages, options, schema } = told;
  const sent = toOptions(settings.options, options);
  mustFit(questionTokens(told), sent.num_ctx);
  return {
    url: `${settings.baseUrl}/api/chat`,
    headers: settings.headers,
    body: {
      model,
      messages: messages.map(toMessage),
      stream: true,
      ...(schema !== undefined && { format: schema }),
      ...(tools.length > 0 && { tools }),
      options: toBodyOptions(sent),
    },
  };
}

/** Calls have no ids here: what a tool answered is found by the tool's name, and by its place. */
function toMessage(message: Message): JsonObject {
  const { role, content } = message;
  switch (message.role) {
    case 'user': {
      const images = message.images?.map(({ data }) => data) ?? [];
      return { role, content, ...(images.length > 0 && { images }) };
    }
    case 'assistant': {
      const calls = message.toolCalls?.map(toToolCall) ?? [];
      return { role, content, ...(calls.length > 0 && { tool_calls: calls }) };
    }
    case 'tool':
      return { role, content, tool_name: message.name };
    default:
      return { role, content };
  }
}

function toTool({ name, description, inputSchema }: ToolSpec): JsonObject {
  return {
    type: 'function',
    function: { name, ...(description !== undefined && { description }), parameters: inputSchema },
  };
}

function toToolCall({ name, arguments: written }: ToolCall): JsonObject {
  return { function: { name, arguments: parseArguments(written) } };
}

/** Ollama writes objects and takes nothing else. What another model wrote may be anything: it is shown as it was. */
function parseArguments(written: string): JsonObject {
  if (written.trim() === '') return {};
  try {
    const value = JSON.parse(written) as unknown;
    return isObject(value) ? value : { arguments: written };
  } catch (error) {
    if (error instanceof SyntaxError) return { arguments: written };
    throw error;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Ollama would drop the beginning of the prompt and answer all the same. */
function mustFit(tokens: number, num_ctx: number): void {
  if (tokens <= num_ctx) return;
  const enough = 2 ** Math.ceil(Math.log2(tokens * 1.25));
  throw new OrchError('truncated', `Expected a prompt of at most ${num_ctx} tokens (num_ctx), got about ${tokens}.`, {
    hint: `Set \`options: {num_ctx: ${enough}}\` if the model takes that much, or ask with less text.`,
    details: { num_ctx, prompt_tokens: tokens },
  });
}

function toBodyOptions({ max_tokens, ...options }: OllamaOptions): JsonObject {
  return max_tokens === undefined ? options : { ...options, num_predict: max_tokens };
}
