import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { receive } from './receive.ts';
import type { Receiver, Receiving } from './receive.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

type Answers = (request: IncomingMessage, response: ServerResponse) => void;

/** What asks a server that answers so, over one connection. */
async function serve(answers: Answers) {
  const server = createServer(answers).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ connections: 1 });
  open.push({ close: () => agent.destroy() }, { close: () => server.close() && server.closeAllConnections() });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return <R>(receiver: Receiver<R>): Receiving<R> =>
    receive(agent, { origin, path: '/', method: 'GET' }, () => receiver);
}

/** Reads all of a body; each chunk takes until `used` resolves. */
function reading(used: () => Promise<void>) {
  let text = '';
  const receiver: Receiver<string> = {
    async push(chunk) {
      text += Buffer.from(chunk).toString('latin1');
      await used();
      return undefined;
    },
    end: () => text,
  };
  return { receiver, soFar: () => text };
}

test('who is slow to read loses nothing', async () => {
  const bytes = 32 * 1024 * 1024;
  const ask = await serve((_, response) => {
    response.end(Buffer.alloc(bytes, 'a'));
  });
  const { receiver } = reading(() => new Promise(setImmediate));
  expect((await ask(receiver).result).length).toBe(bytes);
});

test('a connection is paused while too much lies unread, and only then', async () => {
  const paused: boolean[] = [];
  let handler: Dispatcher.DispatchHandler | undefined;
  const connection = {
    aborted: false,
    reason: null,
    paused: false,
    abort: () => {},
    pause: () => void paused.push((connection.paused = true)),
    resume: () => void paused.push((connection.paused = false)),
  };
  const wire = { dispatch: (_: unknown, given: Dispatcher.DispatchHandler) => void (handler = given) };
  const gate = Promise.withResolvers<void>();
  const { receiver } = reading(() => gate.promise);
  const { result } = receive(wire as unknown as Dispatcher, { path: '/', method: 'GET' }, () => receiver);
  handler?.onRequestStart?.(connection, {});
  handler?.onResponseStart?.(connection, 200, {});
  const comes = (kilobytes: number) => handler?.onResponseData?.(connection, Buffer.alloc(kilobytes * 1024, 'a'));
  comes(60);
  await Promise.resolve();
  comes(60);
  expect(paused).toEqual([]);
  comes(60);
  expect(paused).toEqual([true]);
  gate.resolve();
  await new Promise(setImmediate);
  expect(paused).toEqual([true, false]);
  handler?.onResponseEnd?.(connection, {});
  expect((await result).length).toBe(180 * 1024);
});

test('what came before a connection broke is read first', async () => {
  const ask = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  const gate = Promise.withResolvers<void>();
  const { receiver, soFar } = reading(() => gate.promise);
  const { result } = ask(receiver);
  const ended = result.then(
    () => 'whole',
    () => `broken after ${soFar()}`,
  );
  gate.resolve();
  expect(await ended).toBe('broken after half');
});

test('one that waits for its connection can be stopped, and is never sent', async () => {
  const paths: (string | undefined)[] = [];
  const gate = Promise.withResolvers<void>();
  const ask = await serve((request, response) => {
    paths.push(request.url);
    void gate.promise.then(() => response.end('done'));
  });
  const before = ask(reading(async () => {}).receiver);
  const queued = ask(reading(async () => {}).receiver);
  queued.stop(new Error('no longer wanted'));
  await expect(queued.result).rejects.toThrow('no longer wanted');
  gate.resolve();
  expect(await before.result).toBe('done');
  expect(await ask(reading(async () => {}).receiver).result).toBe('done');
  expect(paths).toHaveLength(2);
});

test('an answer that is known before its end is not read on, and its connection is closed', async () => {
  const closed = Promise.withResolvers<string>();
  const ask = await serve((_, response) => {
    response.on('close', () => closed.resolve('closed'));
    response.write('known');
  });
  const { result } = ask<string>({ push: (chunk) => Buffer.from(chunk).toString(), end: () => 'over' });
  expect(await result).toBe('known');
  expect(await closed.promise).toBe('closed');
});

test('an answer that is known does not end a second time', async () => {
  const closed = Promise.withResolvers<void>();
  const ask = await serve((_, response) => {
    response.on('close', () => closed.resolve());
    response.end('known');
  });
  const ended: string[] = [];
  const end = () => `ended ${ended.push('end')}`;
  expect(await ask<string>({ push: () => 'known', end }).result).toBe('known');
  await closed.promise;
  await new Promise(setImmediate);
  expect(ended).toEqual([]);
});

test.each(['push', 'end'] as const)('what a receiver throws in %s is how the request ends', async (place) => {
  const ask = await serve((_, response) => response.end('text'));
  const fail = (): never => {
    throw new Error(`not readable in ${place}`);
  };
  const receiver = { push: () => undefined, end: () => 'over', [place]: fail };
  await expect(ask<string>(receiver).result).rejects.toThrow(`not readable in ${place}`);
});

test('further answers to come (103) are not the answer', async () => {
  const ask = await serve((_, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('text');
  });
  const { receiver } = reading(async () => {});
  expect(await ask(receiver).result).toBe('text');
});
