import type { ServerResponse } from 'node:http';
import type { ModelRequest, Provider, ProviderContext } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { FakeClock } from '@orch/testkit';
import { onTestFinished } from 'vitest';
import { createMlx } from '../provider.ts';

type Opened = { readonly mlx: Provider; readonly context: ProviderContext; readonly clock: FakeClock };

/** An mlx that does not try twice unless it is told to, closed when the test ends. */
export function open(baseUrl: string, settings: SettingsInput = {}): Opened {
  const clock = new FakeClock();
  const mlx = createMlx({ maxRetries: 0, baseUrl, ...settings }, { clock, random: () => 0.5 });
  onTestFinished(() => mlx.close?.());
  return { mlx, context: { signal: new AbortController().signal, clock }, clock };
}

export function ask(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'mlx-community/Qwen',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Why?' },
    ],
    options: {},
    asked: { step: 'a', sample: 0, messagesSha256: '0'.repeat(64) },
    ...changes,
  };
}

/** Answers with these chunks, as a stream. */
export const says =
  (...chunks: (object | string)[]) =>
  (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('content-type', 'text/event-stream');
    const data = chunks.map((chunk) => (typeof chunk === 'string' ? chunk : JSON.stringify(chunk)));
    response.end(data.map((one) => `data: ${one}\n\n`).join(''));
  };

/** A chunk as `mlx_lm.server` writes it. */
export const chunk = (delta: object, finish_reason: string | null = null): object => ({
  id: 'chatcmpl-1',
  system_fingerprint: '0.30.0-0.30.0-macOS-15.5-arm64-applegpu_g16s',
  object: 'chat.completion.chunk',
  model: 'mlx-community/Qwen',
  created: 1_767_225_600,
  choices: [
    { index: 0, finish_reason, delta: { role: 'assistant', content: '', reasoning: '', tool_calls: [], ...delta } },
  ],
});
