import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { FakeClock } from '@orch/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { NamedServer } from '@orch/contracts';
import { callOf, noSignal, open } from './testing/open.ts';
import { toolsOfTests } from './testing/tools.ts';

type Seen = { readonly method: string | undefined; readonly headers: IncomingMessage['headers'] };

const failed = (message: RegExp) => ({ code: 'tool_failed', message: expect.stringMatching(message) });

test.for([false, true])(
  'a server at an address is called, told who calls, and said goodbye to (JSON: %s)',
  async (json) => {
    const { url, seen } = await sdkServer({ json });
    const servers = open({ secrets: new Map([['AUTH', 'Bearer hush']]) });
    const server = { name: 'web', where: { url, headers: { Authorization: { secret: 'AUTH' }, 'X-Team': 'docs' } } };
    expect((await servers.list(server, noSignal)).map(({ name }) => name)).toContain('add');
    const sums = await Promise.all(Array.from({ length: 8 }, (_, a) => callOf(servers, server, 'add', { a, b: 1 })));
    expect(sums.map(({ text }) => text)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(await callOf(servers, server, 'nope')).toMatchObject({ isError: true });
    await servers.close();
    expect(new Set(seen.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer hush']));
    expect(seen.at(-1)).toMatchObject({ method: 'DELETE', headers: { 'x-team': 'docs', 'mcp-session-id': expect.any(String) } }); // prettier-ignore
    expect(seen[1]?.headers['mcp-protocol-version']).toBe('2025-11-25');
    expect(seen.map(({ method }) => method)).not.toContain('GET');
  },
);

test('a call that is not waited for any more is canceled at the server, its answer no longer listened to', async () => {
  const { url } = await sdkServer();
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => stderr.mockRestore());
  const servers = open();
  const server = { name: 'web', where: { url } };
  await servers.list(server, noSignal);
  const stop = new AbortController();
  const call = servers.call(server, { name: 'hang', args: {} }, stop.signal);
  call.catch(() => undefined);
  expect(await callOf(servers, server, 'count')).toMatchObject({ text: '1' });
  stop.abort();
  await expect(call).rejects.toMatchObject({ code: 'canceled' });
  await vi.waitFor(() => expect(stderr).toHaveBeenCalledWith('canceled\n'));
});

test.for([
  [
    '401',
    (response: ServerResponse) => response.writeHead(401).end('who are you?'),
    /it answered 401 Unauthorized\nwho are you\?/,
    false,
  ],
  ['503', (response: ServerResponse) => response.writeHead(503).end(), /it answered 503/, true],
  [
    'a page',
    (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    /answered with text\/html/,
    true,
  ],
  [
    'half an answer',
    (response: ServerResponse) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc"'),
    /is no answer/,
    true,
  ],
  [
    'a stream that ends',
    (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': hello\n\n'),
    /ended before it was whole/,
    true,
  ],
  [
    'a stream that breaks',
    (response: ServerResponse) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n', () => response.destroy()),
    /broke off/,
    true,
  ],
  [
    'another host',
    (response: ServerResponse) => response.writeHead(307, { location: 'http://localhost:1/mcp' }).end(),
    /sends elsewhere, to http:\/\/localhost:1/,
    false,
  ],
  [
    'an address that is none',
    (response: ServerResponse) => response.writeHead(307, { location: 'http://a b/' }).end(),
    /it answered 307/,
    false,
  ],
  ['itself', (response: ServerResponse) => response.writeHead(307, { location: '/' }).end(), /sends elsewhere/, false],
] as const)('%s is no answer', async ([_, answer, message, retryable]) => {
  const url = await listen(createServer((_request, response) => void answer(response)));
  await expect(open().list({ name: 'web', where: { url } }, noSignal)).rejects.toMatchObject({ ...failed(message), retryable }); // prettier-ignore
});

test('nobody at the address', async () => {
  const server = createServer();
  const url = await listen(server);
  server.close();
  await expect(open().list({ name: 'web', where: { url } }, noSignal)).rejects.toMatchObject(failed(/cannot be reached: .*ECONNREFUSED/)); // prettier-ignore
});

test('a body without end is not read to its end', async () => {
  const sent = { bytes: 0 };
  const url = await listen(
    createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        sent.bytes += 1 << 20;
        if (response.write(' '.repeat(1 << 20))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    }),
  );
  await expect(open().list({ name: 'web', where: { url } }, noSignal)).rejects.toMatchObject(failed(/over 32 MB/));
  expect(sent.bytes).toBeLessThan(64 << 20);
});

test('an address that sends on to another path of the same host is followed', async () => {
  const { url } = await sdkServer();
  const moved = await listen(
    createServer((request, response) => {
      if (request.url === '/mcp') return response.writeHead(307, { location: '/mcp/' }).end();
      proxy(url, request, response);
      return undefined;
    }),
  );
  const tools = await open().list({ name: 'web', where: { url: `${moved}/mcp` } }, noSignal);
  expect(tools.length).toBeGreaterThan(5);
});

test('a session that the server has forgotten is lost, and begun anew when its tools are listed', async () => {
  const { url, forget } = await sdkServer();
  const servers = open();
  const server = { name: 'web', where: { url } };
  await servers.list(server, noSignal);
  forget();
  const lost = { ...failed(/it answered 404/), retryable: true };
  await expect(callOf(servers, server, 'count')).rejects.toMatchObject(lost);
  await servers.list(server, noSignal);
  expect(await callOf(servers, server, 'count')).toEqual({ text: '1', isError: false });
});

test('the rest of an answer that the server keeps is asked for', async () => {
  const clock = new FakeClock();
  const asked: Seen[] = [];
  const url = await rawHttp((message, response, request) => {
    asked.push({ method: request.method, headers: request.headers });
    if (message?.method === 'tools/call') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`id: 7\nretry: 3600000\ndata: \n\n`);
    } else if (request.method === 'GET') {
      const result = { content: [{ type: 'text', text: 'late but whole' }] };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 2, result })}\n\n`);
    }
  });
  const servers = open({ clock, limits: { callMs: 7_200_000 } });
  const server: NamedServer = { name: 'web', where: { url } };
  await servers.list(server, noSignal);
  const call = callOf(servers, server, 't');
  await vi.waitFor(() => expect(clock.sleeping).toBe(2));
  await clock.advance(3_600_000);
  expect(await call).toEqual({ text: 'late but whole', isError: false });
  expect(asked.at(-1)).toMatchObject({ method: 'GET', headers: { 'last-event-id': '7' } });
});

/** Written with the official SDK. */
async function sdkServer({ json = false } = {}) {
  const seen: Seen[] = [];
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const begin = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      enableJsonResponse: json,
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await toolsOfTests().connect(transport);
    return transport;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.push({ method: request.method, headers: request.headers });
    const id = request.headers['mcp-session-id'];
    const known = id === undefined ? await begin() : sessions.get(String(id));
    if (known === undefined) response.writeHead(404).end();
    else await known.handleRequest(request, response);
  };
  const url = await listen(createServer((request, response) => void answer(request, response)));
  return { url, seen, forget: () => sessions.clear() };
}

type Message = { readonly id?: number; readonly method?: string };

/** Shakes hands and lists one tool `t`; the rest is answered by hand. */
test('what a server says against a handshake is told', async () => {
  const url = await listen(
    createServer((_, response) => {
      const error = { code: -32001, message: 'not today' };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id: 0, error }));
    }),
  );
  const servers = open();
  await expect(servers.list({ name: 'web', where: { url } }, noSignal)).rejects.toMatchObject(failed(/not today/));
});

function rawHttp(
  answer: (message: Message | undefined, response: ServerResponse, request: IncomingMessage) => void,
): Promise<string> {
  const known: Readonly<Record<string, object>> = {
    initialize: {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'raw', version: '1' },
    },
    'tools/list': { tools: [{ name: 't', inputSchema: {} }] },
  };
  return listen(
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const message = text === '' ? undefined : (JSON.parse(text) as Message);
        const result = known[message?.method ?? ''];
        if (result !== undefined) {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ jsonrpc: '2.0', id: message?.id, result }));
        } else if (message?.method === 'notifications/initialized') response.writeHead(202).end();
        else answer(message, response, request);
      });
    }),
  );
}

function proxy(target: string, from: IncomingMessage, to: ServerResponse): void {
  const chunks: Buffer[] = [];
  from.on('data', (chunk: Buffer) => chunks.push(chunk));
  from.on('end', () => {
    const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...headers } = from.headers;
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    void fetch(target, { method: from.method ?? 'GET', headers: headers as Record<string, string>, ...body }).then(
      async (response) => {
        to.writeHead(response.status, Object.fromEntries(response.headers));
        to.end(await response.text());
      },
    );
  });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
