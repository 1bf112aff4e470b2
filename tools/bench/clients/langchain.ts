import { apiKey, messages, models, options } from '../question.ts';
import type { Ask, Read } from './client.ts';

export async function askLangChain(service: string): Promise<Ask> {
  const model = await openModel(service);
  return async () => (await model.invoke([...messages])).text;
}

export async function readLangChain(service: string): Promise<Read> {
  const model = await openModel(service);
  return async () => {
    let found = 0;
    for await (const { text } of await model.stream([...messages])) found += text.length;
    return found;
  };
}

async function openModel(service: string) {
  const { ChatOpenAI } = await import('@langchain/openai');
  const configuration = { baseURL: `${service}/v1` };
  return new ChatOpenAI({ configuration, apiKey, model: models.openai, ...options.openai });
}
