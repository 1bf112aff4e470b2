import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'vitest';
import type { Environment } from './orch.ts';

/** A question as the wire carries it. */
export type ChatRequest = {
  readonly messages: readonly { readonly role: string; readonly content: string | null }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
};

/** A text, or the tools that the model asks to have called. */
export type ChatAnswer = string | readonly { readonly name: string; readonly args: unknown }[];

export type ChatServer = {
  /** What leads orch to it, as the provider `openai:m`. */
  readonly env: Environment;
  readonly asked: readonly ChatRequest[];
};

/** A server that speaks the chat completions of OpenAI and has one model, `m`. */
export async function startChat(
  { onTestFinished }: TestContext,
  answer: (request: ChatRequest) => ChatAnswer,
): Promise<ChatServer> {
  const asked: ChatRequest[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') return void response.end(JSON.stringify({ data: [{ id: 'm' }] }));
    return void read(request).then((question) => {
      asked.push(question);
      write(response, answer(question));
    });
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { env: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` }, asked };
}

async function read(request: IncomingMessage): Promise<ChatRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest;
}

function write(response: ServerResponse, answer: ChatAnswer): void {
  const delta = typeof answer === 'string' ? { content: answer } : { tool_calls: answer.map(toCall) };
  const reason = typeof answer === 'string' ? 'stop' : 'tool_calls';
  const chunks = [
    { choices: [{ index: 0, delta: { role: 'assistant', ...delta } }] },
    { choices: [{ index: 0, delta: {}, finish_reason: reason }] },
    { choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end([...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`).join(''));
}

function toCall({ name, args }: Exclude<ChatAnswer, string>[number], index: number) {
  return { index, id: `call_${index}`, type: 'function', function: { name, arguments: JSON.stringify(args) } };
}
