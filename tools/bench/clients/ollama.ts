import { messages, models, options } from '../question.ts';
import type { Ask, Read } from './client.ts';

const body = { model: models.ollama, messages: [...messages], options: options.ollama };

export async function askOllama(service: string): Promise<Ask> {
  const client = await openClient(service);
  return async () => (await client.chat({ ...body, stream: false })).message.content;
}

export async function readOllama(service: string): Promise<Read> {
  const client = await openClient(service);
  return async () => {
    let found = 0;
    for await (const { message } of await client.chat({ ...body, stream: true })) found += message.content.length;
    return found;
  };
}

async function openClient(host: string) {
  const { Ollama } = await import('ollama');
  return new Ollama({ host });
}
