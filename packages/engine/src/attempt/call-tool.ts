import { resolve } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError, err, ok } from '@orch/contracts';
import type {
  HostedCall,
  JsonObject,
  NamedServer,
  Result,
  ToolResult,
  ToolServers,
  ToolSpec,
  Where,
} from '@orch/contracts';
import { hideValue } from '@orch/secrets';
import { loadOutput, storeOutput } from '../run/outputs.ts';
import type { RunContext } from '../run/run-context.ts';

/**
 * Calls a tool that a model asked for. That it was called stands in the log, synced, before; what it answered, after.
 * A call that has returned, in this attempt or in one that was killed, is answered from the log; one that has not is
 * made again.
 */
export async function callTool(
  run: RunContext,
  { call, server: named, where: place, name, args }: HostedCall,
  { where, signal }: { readonly where: Where; readonly signal: AbortSignal },
): Promise<Result<ToolResult>> {
  const returned = run.leftovers.toolReturn(where, call);
  if (returned !== undefined) {
    return ok({ text: loadOutput(returned.output, run.blobs) as string, isError: returned.is_error === true });
  }
  try {
    const sent = sendable(args);
    const written = canonicalJson(hideValue(sent, run.hider));
    run.blobs.put(written);
    await run.journal.append('tool.called', { call, name: `${named}.${name}`, args_sha256: sha256(written) }, where);
    const answered = await run.tools.call(placed(run, { name: named, where: place }), { name, args: sent }, signal);
    const result = hideValue(answered, run.hider);
    const output = storeOutput(result.text, run.blobs);
    await run.journal.append('tool.returned', { call, output, ...(result.isError && { is_error: true }) }, where);
    return ok(result);
  } catch (error) {
    if (OrchError.is(error)) return err(error);
    throw error;
  }
}

/** What models write may be half a character, or a number that is none: neither can be sent or has a digest. */
function sendable(args: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(hideValue(args, { text: (text) => text.toWellFormed() }))) as JsonObject;
}

/** The tools of a server. */
export function listTools(run: RunContext, server: NamedServer, signal: AbortSignal): Promise<readonly ToolSpec[]> {
  return run.tools.list(placed(run, server), signal);
}

/** Its folder counts from that of the job that names it: the servers are lent to jobs of other folders as well. */
function placed({ job }: RunContext, { name, where }: NamedServer): NamedServer {
  if ('url' in where) return { name, where };
  return { name, where: { ...where, cwd: resolve(job.jobDir, where.cwd ?? '.') } };
}

/** For runs that were lent none. */
export const noTools: ToolServers = {
  list: ({ name }) => Promise.reject(nobody(name)),
  call: ({ name }) => Promise.reject(nobody(name)),
  close: () => Promise.resolve(),
};

function nobody(name: string): OrchError {
  return new OrchError(
    'unconfigured',
    `Expected somebody who connects to the server of tools ${name}, there is nobody.`,
  );
}
