import type { ModelRequest, Provider } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { openProvider, question, serverSent, streams } from '@orch/testkit';
import type { Answer, Opened } from '@orch/testkit';
import { createMlx } from '../provider.ts';

export function open(baseUrl: string, settings: SettingsInput = {}): Opened & { readonly mlx: Provider } {
  const opened = openProvider(createMlx, { baseUrl, ...settings });
  return { ...opened, mlx: opened.provider };
}

export const ask = (changes: Partial<ModelRequest> = {}): ModelRequest =>
  question({ model: 'mlx-community/Qwen', ...changes });

/** Answers with these chunks, as a stream. */
export const says = (...chunks: (object | string)[]): Answer => streams('text/event-stream', [serverSent(...chunks)]);

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
