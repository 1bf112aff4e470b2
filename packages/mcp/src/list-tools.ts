import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { OrchError } from '@orch/contracts';
import type { JsonObject, ToolSpec } from '@orch/contracts';
import type { Request } from './connect.ts';

/** More is no list that a model could read. */
const mostTools = 5_000;
const mostPages = 500;

/** All pages of the list. What is no tool is passed over. */
export async function listTools(server: string, request: Request, signal: AbortSignal): Promise<readonly ToolSpec[]> {
  const tools: ToolSpec[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages && tools.length <= mostTools; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const found = (await request({ method: 'tools/list', params }, signal).catch(orNone)) as Page;
    if (Array.isArray(found.tools)) tools.push(...found.tools.flatMap(toSpec));
    if (typeof found.nextCursor !== 'string') return tools;
    cursor = found.nextCursor;
  }
  throw new OrchError(
    'tool_failed',
    `Expected a list of tools with an end from the server ${server}, got ${tools.length} of them and no end.`,
    { retryable: false },
  );
}

type Page = { readonly tools?: readonly unknown[]; readonly nextCursor?: unknown };

/** It has none, then. */
function orNone(error: unknown): Page {
  if (error instanceof McpError && (error.code as ErrorCode) === ErrorCode.MethodNotFound) return {};
  throw error;
}

function toSpec(tool: unknown): ToolSpec[] {
  const { name, description, inputSchema } = wellFormed(tool ?? {}) as { readonly [field: string]: unknown };
  if (typeof name !== 'string' || name === '') return [];
  const schema = isObject(inputSchema) ? inputSchema : {};
  return [
    { name, ...(typeof description === 'string' && { description }), inputSchema: { ...schema, type: 'object' } },
  ];
}

/** Half a character has no bytes, and what has none no digest. */
function wellFormed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, one: unknown) => (typeof one === 'string' ? one.toWellFormed() : one));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
