import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One question that came. Its number, from 1, is told as the tokens of the answer: so an entry names its call. */
export type Call = {
  readonly number: number;
  /** The process that asked. */
  readonly asker: string;
  readonly question: string;
  /** The whole answer was handed to the operating system. */
  delivered: boolean;
};

/** How far the answer to a call is. */
export type Phase = 'asked' | 'half' | 'whole';

export type CountingProvider = {
  readonly calls: readonly Call[];
  /** Where a process finds the model `m`; its questions are counted as its own. */
  urlFor(asker: string): string;
  /** Called at each phase of each call; the answer goes on when it resolves. */
  onPhase: (phase: Phase, call: Call) => void | Promise<void>;
  close(): void;
};

/** An Ollama on this machine that counts. `answer` is told how many whole answers to an equal question went out before. */
export async function startProvider(answer: (question: string, nth: number) => string): Promise<CountingProvider> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const provider: CountingProvider = {
    calls,
    urlFor: (asker) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${asker}`,
    onPhase: () => undefined,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, asker = '', ...path] = (request.url ?? '').split('/');
    if (path.join('/') === 'api/tags') return void response.end(JSON.stringify({ models: [{ name: 'm' }] }));
    if (path.join('/') === 'api/show') return void response.end('{}');
    const { question, tools } = await readQuestion(request);
    const before = calls.filter((call) => call.delivered && call.question === question).length;
    const call: Call = { number: calls.length + 1, asker, question, delivered: false };
    calls.push(call);
    await provider.onPhase('asked', call);
    if (tools.length > 0) response.write(line({ message: { content: '', tool_calls: callsOf(question, tools) } }));
    const text = tools.length > 0 ? '' : answer(question, before);
    const half = Math.ceil(text.length / 2);
    await sleep(pauseFor(question));
    response.write(line({ message: { content: text.slice(0, half) }, done: false }));
    await provider.onPhase('half', call);
    await sleep(pauseFor(question));
    response.write(line({ message: { content: text.slice(half) }, done: false }));
    const counts = { done_reason: 'stop', prompt_eval_count: question.length, eval_count: call.number };
    response.end(line({ message: { content: '' }, done: true, ...counts }));
    await once(response, 'finish');
    call.delivered = true;
    await provider.onPhase('whole', call);
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return provider;
}

/** `tools`: names of those that are to be called now, which is before any of them was. */
type Question = { readonly question: string; readonly tools: readonly string[] };

async function readQuestion(request: IncomingMessage): Promise<Question> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { messages, tools = [] } = JSON.parse(Buffer.concat(chunks).toString()) as {
    messages: { role: string; content: string }[];
    tools?: { function: { name: string } }[];
  };
  const { role, content } = messages.at(-1) ?? { role: 'user', content: '' };
  return { question: content, tools: role === 'tool' ? [] : tools.map((tool) => tool.function.name) };
}

/** Each of them twice. */
function callsOf(question: string, tools: readonly string[]): object[] {
  const called = tools.flatMap((name) => [1, 2].map((part) => ({ name, arguments: { of: `${question} ${part}` } })));
  return called.map((one) => ({ function: one }));
}

function line(rest: object): string {
  return `${JSON.stringify({ model: 'm', ...rest })}\n`;
}

/** Some think longer than others: 0 to 40 ms, twice. */
function pauseFor(question: string): number {
  return [...question].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 41, 7);
}
