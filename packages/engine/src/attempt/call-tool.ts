import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError, err, ok } from '@orch/contracts';
import type { HostedCall, Result, ToolResult, ToolServers, Where } from '@orch/contracts';
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
  { call, server, where: place, name, args }: HostedCall,
  { where, signal }: { readonly where: Where; readonly signal: AbortSignal },
): Promise<Result<ToolResult>> {
  const returned = run.leftovers.toolReturn(where, call);
  if (returned !== undefined) {
    return ok({ text: String(loadOutput(returned.output, run.blobs)), isError: returned.is_error === true });
  }
  try {
    const written = canonicalJson(hideValue(args, run.hider));
    run.blobs.put(written);
    await run.journal.append('tool.called', { call, name: `${server}.${name}`, args_sha256: sha256(written) }, where);
    const answered = await run.tools.call({ name: server, where: place }, { name, args }, signal);
    const result = hideValue(answered, run.hider);
    const output = storeOutput(result.text, run.blobs);
    await run.journal.append('tool.returned', { call, output, ...(result.isError && { is_error: true }) }, where);
    return ok(result);
  } catch (error) {
    if (OrchError.is(error)) return err(error);
    throw error;
  }
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
