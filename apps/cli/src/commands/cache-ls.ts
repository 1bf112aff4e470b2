import type { ListedEntry } from '@orch/cache';
import { exitCodes } from '@orch/contracts';
import type { Json } from '@orch/contracts';
import { harmless, table } from '../terminal/words.ts';
import { sharedCacheOf, sizeInWords } from './cache-folder.ts';
import type { Invocation } from './index.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute(invocation: Invocation<RunsDirOption & { readonly step?: string }>): Promise<0> {
  const { terminal, options } = invocation;
  const { folder, cache } = sharedCacheOf(options, terminal);
  const entries = cache.list(options.step);
  if (options.json) terminal.out(JSON.stringify(Array.from(entries, toRecord), undefined, 2));
  else {
    const lines = table(Array.from(entries, toRow));
    for (const line of lines) terminal.out(line);
    if (lines.length === 0) terminal.err(`No entries in ${folder}.`);
  }
  return exitCodes.succeeded;
}

function toRow({ entry: { key, preimage }, bytes, usedAt }: ListedEntry): string[] {
  const { name, model } = preimage.provider;
  const who = model === '' ? name : `${name}:${model}`;
  return [key.slice(0, 12), harmless(preimage.step), harmless(who), sizeInWords(bytes), `used ${usedAt}`];
}

function toRecord({ entry, bytes, usedAt }: ListedEntry): Json {
  const { key, preimage, finish_reason = null, usage = {}, cached_at } = entry;
  const { name, model } = preimage.provider;
  const what = { key, step: preimage.step, provider: name, model, finish_reason, usage };
  return { ...what, size_bytes: bytes, cached_at, used_at: usedAt };
}
