import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { listModels } from '@orch/sdk';
import type { ListedModels, ModelInfo } from '@orch/sdk';
import { attendRun } from '../attend-run.ts';
import { errorLines } from '../describe/explain-error.ts';
import { harmless, table } from '../terminal/words.ts';
import { sizeInWords } from './cache-folder.ts';
import type { Invocation } from './index.ts';

/** Lists the models of a provider, or of all that are configured here. */
export async function execute({ terminal, args: [provider], options }: Invocation): Promise<ExitCode> {
  const { cwd, env, hide: onSecrets } = terminal;
  return attendRun(terminal, async ({ any: signal }) => {
    const listed = await listModels({ cwd, env, onSecrets, provider, signal });
    const failed = listed.flatMap((one) => (one.ok ? [] : [one.error]));
    if (provider !== undefined && failed[0] !== undefined) throw failed[0];
    const models = listed.flatMap(modelsOf);
    if (options.json) terminal.out(JSON.stringify(models.map(toRecord), undefined, 2));
    else for (const line of table(models.map(toRow))) terminal.out(line);
    for (const line of failed.flatMap((error) => errorLines(error, terminal))) terminal.err(line);
    return failed.length === 0 ? exitCodes.succeeded : exitCodes.provider;
  });
}

type Named = { readonly provider: string; readonly model: ModelInfo };

function modelsOf(listed: ListedModels): Named[] {
  return listed.ok ? listed.models.map((model) => ({ provider: listed.provider, model })) : [];
}

function toRow({ provider, model: { id, contextTokens, sizeBytes } }: Named): string[] {
  const context = contextTokens === undefined ? '' : `${contextTokens} tokens`;
  return [`${provider}:${harmless(id)}`, context, sizeBytes === undefined ? '' : sizeInWords(sizeBytes)];
}

function toRecord({ provider, model: { id, contextTokens, sizeBytes } }: Named): object {
  return { provider, id, context_tokens: contextTokens ?? null, size_bytes: sizeBytes ?? null };
}
