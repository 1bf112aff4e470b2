import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'vitest';
import type { Environment } from './orch.ts';

/** An answer, or one with the reason of its end. */
export type ScriptedAnswer = string | { readonly text: string; readonly reason: 'stop' | 'length' };

export type ModelServer = {
  /** What leads orch to it, as the provider `ollama:m`. */
  readonly env: Environment;
  /** The last message of every question that came. */
  readonly questions: readonly string[];
};

/** A server that speaks Ollama's language and has one model, `m`. `nth` counts equal questions from 0. */
export async function startModel(
  { onTestFinished }: TestContext,
  answer: (question: string, nth: number) => ScriptedAnswer | Promise<ScriptedAnswer>,
): Promise<ModelServer> {
  const questions: string[] = [];
  const reply = async (request: IncomingMessage): Promise<string> => {
    if (request.url === '/api/show') return '{}';
    if (request.url === '/api/tags') return JSON.stringify({ models: [{ name: 'm' }] });
    const question = await readQuestion(request);
    const nth = questions.filter((earlier) => earlier === question).length;
    questions.push(question);
    return toLines(await answer(question, nth));
  };
  const server = createServer((request, response) => {
    reply(request).then(
      (body) => response.end(body),
      (error: unknown) => response.writeHead(500).end(JSON.stringify({ error: String(error) })),
    );
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { env: { OLLAMA_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, questions };
}

async function readQuestion(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: { content: string }[] };
  return messages.at(-1)?.content ?? '';
}

function toLines(answer: ScriptedAnswer): string {
  const { text, reason } = typeof answer === 'string' ? { text: answer, reason: 'stop' } : answer;
  const lines = [
    { model: 'm', message: { role: 'assistant', content: text }, done: false },
    { model: 'm', message: { role: 'assistant', content: '' }, done: true, done_reason: reason },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
