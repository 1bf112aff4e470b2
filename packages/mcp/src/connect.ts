import { readFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, McpError, ResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { OrchError } from '@orch/contracts';
import type { JsonObject, NamedServer, ToolResult, ToolSpec } from '@orch/contracts';
import { HttpTransport } from './http-transport.ts';
import { listTools } from './list-tools.ts';
import type { Surroundings } from './open-tool-servers.ts';
import { readResult } from './read-result.ts';
import { StdioTransport } from './stdio-transport.ts';
import { withinLimit } from './within-limit.ts';

export type Connection = {
  /** Why there is nobody any more; undefined while there is somebody. */
  readonly gone: () => OrchError | undefined;
  /** All of them, listed once. */
  readonly tools: () => Promise<readonly ToolSpec[]>;
  readonly call: (
    call: { readonly name: string; readonly args: JsonObject },
    signal: AbortSignal,
  ) => Promise<ToolResult>;
  readonly close: () => Promise<void>;
};

/** Sends a request; rejects with what the server says against it (`McpError`), and with `OrchError` for all else. */
export type Request = (
  request: { readonly method: string; readonly params: JsonObject },
  signal: AbortSignal,
) => Promise<unknown>;

/** Where messages go, and what became of who reads them. `said`: last words, each on a line of its own. */
type Link = Transport & { readonly gone: Connection['gone']; readonly said: () => string };

type Linked = { readonly name: string; readonly around: Surroundings; readonly link: Link; readonly client: Client };

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The clock that was handed in measures; the library's own limit is out of the way. */
const never = { timeout: 2 ** 31 - 1 };

/** Starts or reaches a server, and shakes hands. Nothing of it is left when that fails. */
export async function connect(server: NamedServer, around: Surroundings, stop: AbortSignal): Promise<Connection> {
  const { name, where } = server;
  const link = 'command' in where ? new StdioTransport(name, where, around) : new HttpTransport(name, where, around);
  const linked = { name, around, link, client: new Client({ name: 'orch', version }) };
  await shakeHands(linked, stop);
  const request = requestOver(linked);
  let listed: Promise<readonly ToolSpec[]> | undefined;
  const list = (): Promise<readonly ToolSpec[]> =>
    listAll(linked, request, stop).catch((error: unknown) => {
      listed = undefined;
      throw error;
    });
  return {
    gone: () => link.gone(),
    tools: () => (listed ??= list()),
    call: ({ name: tool, args }, signal) => callTool(request, { tool, args, signal, around }),
    close: () => link.close(),
  };
}

async function shakeHands(linked: Linked, signal: AbortSignal): Promise<void> {
  const { around, link, client } = linked;
  const { clock, limits } = around;
  const late = (): OrchError => tooLate(linked, 'shake hands', limits.startMs);
  try {
    const limit = { ms: limits.startMs, clock, signal, late };
    await withinLimit(limit, (until) => client.connect(link, { ...never, signal: until }));
  } catch (error) {
    const gone = link.gone();
    await link.close();
    if (OrchError.is(error)) throw error;
    throw isRefusal(error) ? refusal(linked, error) : (gone ?? refusal(linked, error));
  }
}

/** Said by the server; that the connection closed, the library says in the same words. */
function isRefusal(error: unknown): boolean {
  return error instanceof McpError && error.code !== Number(ErrorCode.ConnectionClosed);
}

function requestOver(linked: Linked): Request {
  const { client, link } = linked;
  return async (request, signal) => {
    try {
      return await client.request(request, ResultSchema, { ...never, signal });
    } catch (error) {
      const gone = link.gone();
      if (gone !== undefined) throw gone;
      if (error instanceof McpError || OrchError.is(error)) throw error;
      throw refusal(linked, error);
    }
  };
}

async function listAll(linked: Linked, request: Request, signal: AbortSignal): Promise<readonly ToolSpec[]> {
  const { clock, limits } = linked.around;
  const late = (): OrchError => tooLate(linked, 'list its tools', limits.listMs);
  try {
    const limit = { ms: limits.listMs, clock, signal, late };
    return await withinLimit(limit, (until) => listTools(linked.name, request, until));
  } catch (error) {
    throw error instanceof McpError ? refusal(linked, error) : error;
  }
}

type Call = {
  readonly tool: string;
  readonly args: JsonObject;
  readonly signal: AbortSignal;
  readonly around: Surroundings;
};

/** What is said against the call, and an end that does not come, is for the model to know. */
async function callTool(request: Request, { tool, args, signal, around }: Call): Promise<ToolResult> {
  const { clock, limits, hide } = around;
  const late = new OrchError('timeout', `${tool} gave no answer within ${limits.callMs / 1000} s, and was canceled.`);
  try {
    const asked = { method: 'tools/call', params: { name: tool, arguments: args } };
    const limit = { ms: limits.callMs, clock, signal, late: () => late };
    return readResult(await withinLimit(limit, (until) => request(asked, until)), hide);
  } catch (error) {
    const isToTell = error === late || error instanceof McpError;
    if (isToTell) return { text: hide((error as Error).message).toWellFormed(), isError: true };
    throw error;
  }
}

function tooLate({ name, link }: Linked, what: string, ms: number): OrchError {
  const expected = `Expected the server ${name} to ${what} within ${ms / 1000} s`;
  return new OrchError('tool_failed', `${expected}, it did not.${link.said()}`);
}

function refusal({ name, link }: Linked, error: unknown): OrchError {
  const why = error instanceof Error ? error.message : String(error);
  const expected = `Expected the server ${name} to speak the Model Context Protocol`;
  return new OrchError('tool_failed', `${expected}: ${why}${link.said()}`, { cause: error });
}
