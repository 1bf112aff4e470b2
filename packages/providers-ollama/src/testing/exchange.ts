import type { ServerResponse } from 'node:http';
import type { ModelRequest, Provider, ProviderContext } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { FakeClock } from '@orch/testkit';
import { onTestFinished } from 'vitest';
import { createOllama } from '../provider.ts';

type Opened = { readonly ollama: Provider; readonly context: ProviderContext; readonly clock: FakeClock };

/** An Ollama that does not try twice unless it is told to, closed when the test ends. */
export function open(baseUrl: string, settings: SettingsInput = {}): Opened {
  const clock = new FakeClock();
  const ollama = createOllama({ maxRetries: 0, baseUrl, ...settings }, { clock, random: () => 0.5 });
  onTestFinished(() => ollama.close?.());
  return { ollama, context: { signal: new AbortController().signal, clock }, clock };
}

export function ask(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'llama3',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Why?' },
    ],
    options: {},
    asked: { step: 'a', sample: 0, messagesSha256: '0'.repeat(64) },
    ...changes,
  };
}

/** Answers with these lines, as a stream. */
export const says =
  (...lines: object[]) =>
  (response: ServerResponse): void => {
    response.setHeader('content-type', 'application/x-ndjson');
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  };

/** The last line of an answer. */
export const done = {
  model: 'llama3:latest',
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
};
