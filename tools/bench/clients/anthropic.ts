import { apiKey, models, options, question } from '../question.ts';
import type { Ask, Read } from './client.ts';

const user = { role: 'user', content: question.user } as const;
const body = { model: models.anthropic, system: question.system, messages: [user], ...options.anthropic };

export async function askAnthropic(service: string): Promise<Ask> {
  const client = await openClient(service);
  return async () => {
    const [block] = (await client.messages.create(body)).content;
    return block?.type === 'text' ? block.text : undefined;
  };
}

export async function readAnthropic(service: string): Promise<Read> {
  const client = await openClient(service);
  return async () => {
    let found = 0;
    for await (const event of await client.messages.create({ ...body, stream: true })) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') found += event.delta.text.length;
    }
    return found;
  };
}

async function openClient(baseURL: string) {
  const { Anthropic } = await import('@anthropic-ai/sdk');
  return new Anthropic({ baseURL, apiKey });
}
