import type { ModelRequest, Provider } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { openProvider, question, streams } from '@orch/testkit';
import type { Answer, Opened } from '@orch/testkit';
import { createOllama } from '../provider.ts';

export function open(baseUrl: string, settings: SettingsInput = {}): Opened & { readonly ollama: Provider } {
  const opened = openProvider(createOllama, { baseUrl, ...settings });
  return { ...opened, ollama: opened.provider };
}

export const ask = (changes: Partial<ModelRequest> = {}): ModelRequest => question({ model: 'llama3', ...changes });

export const toLine = (value: object): string => `${JSON.stringify(value)}\n`;

/** Answers with these lines, as a stream. */
export const says = (...lines: object[]): Answer => streams('application/x-ndjson', lines.map(toLine));

/** The last line of an answer. */
export const done = {
  model: 'llama3:latest',
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
};
