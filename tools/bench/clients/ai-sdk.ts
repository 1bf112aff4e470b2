import { apiKey, models, options, question } from '../question.ts';
import type { Ask, Read } from './client.ts';

const { system: instructions, user: prompt } = question;

export async function askAiSdk(service: string): Promise<Ask> {
  const { generateText } = await import('ai');
  const model = await openModel(service);
  return async () => (await generateText({ model, instructions, prompt, ...options.openai })).text;
}

export async function readAiSdk(service: string): Promise<Read> {
  const { streamText } = await import('ai');
  const model = await openModel(service);
  return async () => {
    let found = 0;
    const { textStream } = streamText({ model, instructions, prompt, ...options.openai });
    for await (const text of textStream) found += text.length;
    return found;
  };
}

async function openModel(service: string) {
  const { createOpenAI } = await import('@ai-sdk/openai');
  return createOpenAI({ baseURL: `${service}/v1`, apiKey }).chat(models.openai);
}
