import { createServer as createTlsServer } from 'node:https';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { failureOf } from '@orch/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { selfSigned } from './testing/certificate.ts';
import { fails, listen, serve, setUp } from './testing/http.ts';
import type { Script } from './testing/http.ts';

const run = promisify(execFile);

const gigabyte = 1024 ** 3;

/** An answer without end. */
type Flood = {
  readonly what: string;
  /** Which one of `read-endless.ts`. */
  readonly reader: 'json' | 'sse' | 'ndjson';
  readonly status?: number;
  readonly piece: string;
  readonly code?: string;
  /** In MiB: what is read of it, and the most memory that this may take. */
  readonly reads: number;
  readonly memory: number;
};

/** Sends the piece again and again, a gigabyte of it, as fast as it is read. */
function floods({ status = 200, piece }: Flood, told: { bytes: number }): Script {
  const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  return (response) => {
    response.writeHead(status);
    const send = (): void => {
      while (told.bytes < gigabyte && !response.destroyed) {
        told.bytes += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', send);
      }
      response.end();
    };
    send();
  };
}

/** In MiB, at most: what was sent and not read. */
const heldBySockets = 40;

test.each<Flood>([
  { what: 'JSON', reader: 'json', piece: 'x', reads: 64, memory: 400 },
  { what: 'events', reader: 'sse', piece: `data: ${'x'.repeat(500)}\n\n`, reads: 128, memory: 700 },
  { what: 'one event', reader: 'sse', piece: 'x', reads: 8, memory: 200 },
  { what: 'lines', reader: 'ndjson', piece: `"${'x'.repeat(500)}"\n`, reads: 128, memory: 700 },
  { what: 'one line', reader: 'ndjson', piece: 'x', reads: 8, memory: 200 },
  { what: 'an error', reader: 'json', status: 500, piece: 'x', code: 'server', reads: 0, memory: 200 },
])('1 GB of $what is refused while it comes, in bounded memory', async (flood) => {
  const told = { bytes: 0 };
  const { url } = await serve(floods(flood, told));
  const script = fileURLToPath(new URL('testing/read-endless.ts', import.meta.url));
  const args = ['--conditions=@orch/source', '--disable-warning=ExperimentalWarning', script, url, flood.reader];
  const { stdout } = await run(process.execPath, args);
  const { code, megabytes } = JSON.parse(stdout) as { code: string; megabytes: number };
  expect(code).toBe(flood.code ?? 'bad_response');
  expect(megabytes).toBeLessThan(flood.memory);
  expect(told.bytes / 1024 ** 2).toBeLessThan(flood.reads + heldBySockets);
});

test('of an error 64 KiB are read: more is not waited for, and the connection is closed', async () => {
  const closed = Promise.withResolvers<void>();
  const { url } = await serve((response) => {
    response.on('close', closed.resolve);
    response.writeHead(500).write('x'.repeat(64 * 1024 + 1));
  });
  const { http, request } = setUp(url, { maxRetries: 0 });
  expect(await failureOf(http.collect(request))).toMatchObject({ code: 'server', details: { status: 500 } });
  await closed.promise;
});

test('a redirect to another host is refused: nothing is sent there, and its secrets are not repeated', async () => {
  const other = await serve(fails(200));
  const { url, seen } = await serve(fails(307, { location: `${other.url}/?token=abc` }));
  const { http, request } = setUp(url);
  const error = await failureOf(
    http.collect({ ...request, headers: { authorization: 'Bearer plain-words-as-a-key' } }),
  );
  expect(error).toMatchObject({
    code: 'unconfigured',
    retryable: false,
    message: expect.stringContaining(`a redirect to ${other.url}.`),
  });
  expect([seen.length, other.seen.length]).toEqual([1, 0]);
});

const key = 'plain-words-as-a-key';

test.each([
  [
    'in the body of an error',
    fails(401, {}, JSON.stringify({ error: { message: `Incorrect API key ${key}`, code: key } })),
  ],
  ['in a header', fails(500, { 'x-request-id': key, 'retry-after': key }, `{"error":{"type":"${key}"}}`)],
  ['in the address of a redirect', fails(302, { location: `https://${key}.example/${key}` })],
  ['in a line that is no JSON', (response) => void response.end(`${' '.repeat(555)}${key}\n`)],
  ['in an answer that is an error', (response) => void response.end(`{"error":{"message":"${key}"}}`)],
] as const satisfies [string, Script][])(
  'a key that the server echoes %s does not appear in the error',
  async (_, script) => {
    const { url } = await serve(script);
    const { http, request, log } = setUp(url, { maxRetries: 0 });
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }, { 'X-Gateway-Token': key }]) {
      const error = await failureOf(http.collect({ ...request, headers: headers }));
      expect(inspect([error, log], { depth: 9 })).not.toContain(key.slice(0, 10));
    }
  },
);

test('a certificate that nobody vouches for is refused, once, and no setting turns that off', async () => {
  let asked = 0;
  const server = createTlsServer(selfSigned(), (_, response) => void response.end(String(asked++)));
  const url = (await listen(server)).replace('http:', 'https:');
  onTestFinished(() => server.closeAllConnections());
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { http, request, log } = setUp(url);
  expect(await failureOf(http.collect(request))).toMatchObject({
    code: 'network',
    retryable: false,
    message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
  expect([asked, log.length]).toEqual([0, 2]);
});
