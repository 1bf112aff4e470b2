import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ModelRequest, Provider, ProviderContext } from '@orch/contracts';
import type { HttpDeps, SettingsInput } from '@orch/providers-core';
import { apiKey, messages, models, options } from './question.ts';
import type { Vendor } from './question.ts';

const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const step = 'notes';

export function toRequest(vendor: Vendor): ModelRequest {
  const asked = { step, sample: 0, messagesSha256: sha256 };
  return { model: models[vendor], messages, options: options[vendor], asked };
}

type Create = (input: SettingsInput, deps: HttpDeps) => Provider;

const creators: Readonly<Record<Vendor, () => Promise<Create>>> = {
  openai: async () => (await import('@orch/providers-openai')).createOpenai,
  anthropic: async () => (await import('@orch/providers-anthropic')).createAnthropic,
  ollama: async () => (await import('@orch/providers-ollama')).createOllama,
};

/** orch's provider with limits that are kept, though never reached. */
export async function openProvider(vendor: Vendor, service: string): Promise<Provider> {
  const create = await creators[vendor]();
  const { systemClock } = await import('@orch/engine');
  const limits = { requestsPerMinute: 10_000_000, tokensPerMinute: 10_000_000_000, maxParallel: 64 };
  const baseUrl = vendor === 'openai' ? `${service}/v1` : service;
  return create({ baseUrl, apiKey, limits }, { clock: systemClock });
}

/** The context of an exchange as the engine makes it, but for the events. */
export async function quietContext(): Promise<() => ProviderContext> {
  const { systemClock } = await import('@orch/engine');
  return () => ({
    signal: new AbortController().signal,
    clock: systemClock,
    rest: (_, wait) => wait(),
    beforeRequest: () => Promise.resolve(),
    afterRequest: () => Promise.resolve(),
    onNotice: () => {},
  });
}

/** The same with the request in the log before it leaves, and its answer after it, neither synced. */
export async function loggingContext(vendor: Vendor, dir: string): Promise<() => ProviderContext> {
  const { checkEvent } = await import('@orch/contracts/schemas');
  const { openLog } = await import('@orch/events');
  const { systemIds } = await import('@orch/engine');
  const { estimateTokens, toUsageRecord } = await import('@orch/providers-core');
  const jobId = `job_${randomBytes(6).toString('hex')}`;
  const log = await openLog(join(dir, 'events.jsonl'), { jobId, durability: 'relaxed', check: checkEvent });
  const quiet = await quietContext();
  const where = { step };
  return () => {
    let sent = { request_id: '', provider: vendor, model: models[vendor] };
    return {
      ...quiet(),
      beforeRequest({ try: attempt }) {
        sent = { ...sent, request_id: systemIds.ulid() };
        const prompt_tokens = estimateTokens(messages);
        const asks = { cache_key: sha256, try: attempt, options: options[vendor], prompt_tokens };
        log.push('llm.request', { ...sent, ...asks }, where);
        return log.flush();
      },
      afterRequest(result) {
        if (!result.ok) throw result.error;
        const { finishReason: finish_reason, usage } = result.reply;
        const duration_s = Math.round(result.durationMs) / 1000;
        log.push('llm.response', { ...sent, duration_s, success: true, finish_reason, ...toUsageRecord(usage) }, where);
        return Promise.resolve();
      },
    };
  };
}
