import type { JsonObject } from './json.ts';
import type { ToolServer } from './plan.ts';
import type { ToolSpec } from './exchange.ts';

/** What a tool answered. An error of the tool is an answer too: the model is told. */
export type ToolResult = { readonly text: string; readonly isError: boolean };

/** A server that was named, by the name that the job gives it. */
export type NamedServer = { readonly name: string; readonly where: ToolServer };

/**
 * Servers of tools, each connected to when it is first needed and kept until the end. Throws `tool_failed` when one
 * cannot be started, reached, or is gone.
 */
export interface ToolServers {
  /** The tools of a server, under the names that it gives them. */
  list(server: NamedServer, signal: AbortSignal): Promise<readonly ToolSpec[]>;
  call(
    server: NamedServer,
    call: { readonly name: string; readonly args: JsonObject },
    signal: AbortSignal,
  ): Promise<ToolResult>;
  close(): Promise<void>;
}
