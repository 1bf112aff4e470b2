import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'vitest';

/** A request as it came over the wire. */
export type WireRequest = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of a question. */
  readonly body: { readonly model?: string } & Readonly<Record<string, unknown>>;
};

/** What a question gets instead of `Well.`: a failure, or the same after a while. */
export type Behaviour = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
};

export type WireServer = {
  readonly url: string;
  /** Every request that came, questions and others. */
  readonly requests: readonly WireRequest[];
  /** Those that ask a model. */
  readonly questions: readonly WireRequest[];
};

/**
 * A server that speaks as Ollama, OpenAI and Anthropic do, by the path that is asked, and has the models `small` and
 * `big`. It answers every question, unless `behave` says otherwise; `nth` counts questions from 0.
 */
export async function startWire(
  { onTestFinished }: TestContext,
  behave: (nth: number, request: WireRequest) => Behaviour = () => ({}),
): Promise<WireServer> {
  const requests: WireRequest[] = [];
  const questions: WireRequest[] = [];
  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = { path: message.url ?? '', headers: message.headers, body: await read(message) };
    requests.push(request);
    const speak = Object.entries(languages).find(([path]) => request.path.endsWith(path))?.[1];
    if (speak === undefined) return list(request.path, response);
    const { status = 200, headers = {}, delayMs = 0 } = behave(questions.length, request);
    questions.push(request);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (status === 200) return speak(response, headers);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message: 'not now' } }));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, questions };
}

async function read(message: IncomingMessage): Promise<WireRequest['body']> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as WireRequest['body']);
}

function list(path: string, response: ServerResponse): void {
  if (path.endsWith('/api/show')) return void response.end('{}');
  if (!/\/(api\/tags|v1\/models)(\?|$)/.test(path)) return void response.writeHead(404).end('404 page not found');
  const names = ['small', 'big'];
  const listed = path.endsWith('/api/tags')
    ? { models: names.map((name, at) => ({ name, modified_at: `2026-01-0${9 - at}T00:00:00Z` })) }
    : { data: names.map((id) => ({ id, type: 'model' })), has_more: false };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(listed));
}

type Speak = (response: ServerResponse, headers: Readonly<Record<string, string>>) => void;

/** How an answer is written, by the end of the path of its question. */
const languages: Readonly<Record<string, Speak>> = {
  '/api/chat'(response, headers) {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', ...headers });
    const message = { role: 'assistant', content: 'Well.' };
    response.end(`${JSON.stringify({ model: 'm', message, done: true, done_reason: 'stop', eval_count: 2 })}\n`);
  },
  '/chat/completions'(response, headers) {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    const chunks = [
      { choices: [{ index: 0, delta: { role: 'assistant', content: 'Well.' } }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
    ];
    for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    response.end('data: [DONE]\n\n');
  },
  '/v1/messages'(response, headers) {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    const usage = { input_tokens: 3, output_tokens: 1 };
    const events = [
      { type: 'message_start', message: { id: 'm1', role: 'assistant', model: 'm', content: [], usage } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Well.' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ];
    response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
  },
};
