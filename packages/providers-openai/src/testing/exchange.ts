import type { ModelRequest, Provider } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { openProvider, question, serverSent, streams } from '@orch/testkit';
import type { Answer, Opened } from '@orch/testkit';
import { createOpenai } from '../provider.ts';

export function open(settings: SettingsInput): Opened & { readonly openai: Provider } {
  const opened = openProvider(createOpenai, settings);
  return { ...opened, openai: opened.provider };
}

export const ask = (changes: Partial<ModelRequest> = {}): ModelRequest => question({ model: 'gpt-x', ...changes });

/** Answers with these chunks, as a stream. */
export const says = (...chunks: (object | string)[]): Answer =>
  streams('text/event-stream; charset=utf-8', [serverSent(...chunks)]);

/** The last chunk of an answer. */
export const end = (finish_reason: string): object => ({
  model: 'gpt-x-1',
  choices: [{ index: 0, delta: {}, finish_reason }],
});
