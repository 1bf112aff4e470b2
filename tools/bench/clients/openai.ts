import { apiKey, messages, models, options } from '../question.ts';
import type { Ask, Read } from './client.ts';

const body = { model: models.openai, messages: [...messages], ...options.openai };

export async function askOpenai(service: string): Promise<Ask> {
  const client = await openClient(service);
  return async () => (await client.chat.completions.create(body)).choices[0]?.message.content;
}

export async function readOpenai(service: string): Promise<Read> {
  const client = await openClient(service);
  return async () => {
    let found = 0;
    const stream = await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const { choices } of stream) found += choices[0]?.delta.content?.length ?? 0;
    return found;
  };
}

async function openClient(service: string) {
  const { OpenAI } = await import('openai');
  return new OpenAI({ baseURL: `${service}/v1`, apiKey });
}
