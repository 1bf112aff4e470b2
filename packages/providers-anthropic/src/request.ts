import { OrchError } from '@orch/contracts';
import type { JsonObject, ProviderIdentity, ToolSpec } from '@orch/contracts';
import { withSchemaTold } from '@orch/providers-core';
import type { AskedModel, VendorRequest } from '@orch/providers-core';
import { answerTool } from './answer-tool.ts';
import { toSystem, toTurns } from './messages.ts';
import { toOutputFormat } from './output-format.ts';
import { name, toOptions } from './settings.ts';
import type { AnthropicSettings, ApiVersion } from './settings.ts';

export function identify(settings: AnthropicSettings, { model, options }: AskedModel): ProviderIdentity {
  const { service, apiVersion } = settings;
  const opts = { ...toOptions(settings, options), api_version: apiVersion };
  return { name, model, opts, ...(service !== undefined && { service }) };
}

/** `POST /v1/messages` (https://platform.claude.com/docs/en/api/messages), streamed. */
export function toRequest(settings: AnthropicSettings, asked: AskedModel): VendorRequest {
  const form = toForm(settings.apiVersion, asked);
  const { model, messages, options, tools = [] } = form === undefined ? withSchemaTold(asked) : asked;
  if (tools.some((tool) => tool.name === answerTool)) throw nameTaken();
  const { stop, ...sent } = toOptions(settings, options);
  const system = toSystem(messages);
  return {
    url: `${settings.baseUrl}/v1/messages`,
    headers: settings.headers,
    body: {
      model,
      ...sent,
      ...(stop !== undefined && { stop_sequences: stop }),
      ...(system !== undefined && { system }),
      messages: toTurns(messages),
      ...(tools.length > 0 && { tools: tools.map(toTool) }),
      ...form,
      stream: true,
    },
  };
}

function toTool({ name, description, inputSchema }: ToolSpec): JsonObject {
  return { name, ...(description !== undefined && { description }), input_schema: inputSchema };
}

/** How an answer is held to a schema. */
type Form = {
  readonly output_config?: JsonObject;
  readonly tools?: readonly JsonObject[];
  readonly tool_choice?: JsonObject;
};

/** Undefined for a schema that cannot be enforced. */
function toForm(version: ApiVersion, { schema, tools = [] }: AskedModel): Form | undefined {
  if (schema === undefined) return {};
  if (version === '2023-06-01' && schema['type'] === 'object') return toForcedTool(schema, tools);
  const format = version === '2023-06-01' ? undefined : toOutputFormat(schema);
  return format && { output_config: { format } };
}

/** The tool whose input is the answer. Beside others it is the one to end with. */
function toForcedTool(schema: JsonObject, tools: readonly ToolSpec[]): Form {
  const description = 'Gives the answer. Call it once, when you have it.';
  const tool_choice =
    tools.length > 0 ? { type: 'any' } : { type: 'tool', name: answerTool, disable_parallel_tool_use: true };
  return { tools: [...tools.map(toTool), { name: answerTool, description, input_schema: schema }], tool_choice };
}

function nameTaken(): OrchError {
  return new OrchError('usage', `Expected no tool to be called \`${answerTool}\`, ${name} gives its answer with it.`);
}
