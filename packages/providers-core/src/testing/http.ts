import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { ProviderContext, ProviderNotice, Reply, SentRequest, SentResult } from '@orch/contracts';
import { FakeClock } from '@orch/testkit';
import { onTestFinished } from 'vitest';
import { readNdjson } from '../body-reader.ts';
import type { BodyReader } from '../body-reader.ts';
import { createHttp } from '../create-http.ts';
import type { AnswerDelta, Http, HttpPolicy, StreamRequest } from '../http.ts';
import { cutStream } from '../network-error.ts';

/** A clock that tells when somebody falls asleep for so long. */
export class WatchedClock extends FakeClock {
  readonly #sleeps = new Map<number, PromiseWithResolvers<void>>();

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const asleep = super.sleep(ms, signal);
    this.#first(ms).resolve();
    return asleep;
  }

  fellAsleepFor(ms: number): Promise<void> {
    return this.#first(ms).promise;
  }

  #first(ms: number): PromiseWithResolvers<void> {
    const first = this.#sleeps.get(ms) ?? Promise.withResolvers<void>();
    this.#sleeps.set(ms, first);
    return first;
  }
}

export type Script = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that answers the first request by the first script, and those after the last by the last. */
export async function serve(...scripts: Script[]) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const script = scripts[Math.min(seen.length, scripts.length - 1)];
    seen.push(request);
    request.resume().on('end', () => script?.(response, request));
  });
  const url = await listen(server);
  onTestFinished(() => server.closeAllConnections());
  return { url, seen };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const answers =
  (...words: string[]): Script =>
  (response) => {
    const lines = [...words.map((text) => ({ text })), { done: true }];
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  };

export const fails =
  (status: number, headers: Record<string, string> = {}, body = '{"error":"no"}'): Script =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

export function setUp(url: string, policy: Partial<HttpPolicy> = {}) {
  const clock = new WatchedClock();
  const limits = { timeoutMs: 60_000, maxRetries: 3, breaker: { threshold: 5, cooldownMs: 30_000 } };
  const http = createHttp({ ...limits, ...policy }, { clock, random: () => 1 });
  onTestFinished(() => http.close());
  const log: (SentRequest | SentResult | ProviderNotice)[] = [];
  const cancel = new AbortController();
  const context: ProviderContext = {
    signal: cancel.signal,
    clock,
    beforeRequest: async (sent) => void log.push(sent),
    afterRequest: async (result) => void log.push(result),
    onNotice: (notice) => void log.push(notice),
  };
  const request: StreamRequest = { url, body: { question: 'why' }, context, circuit: 'model', read };
  return { clock, http, log, cancel, request };
}

function read(): BodyReader<AnswerDelta, Reply> {
  let text = '';
  return readNdjson({
    take(value, say) {
      const line = value as { readonly text: string; readonly done?: true };
      if (line.done === true) return { text, finishReason: 'stop', usage: {} };
      text += line.text;
      say({ type: 'text', text: line.text });
      return undefined;
    },
    end() {
      throw cutStream();
    },
  });
}

/** Retries without waiting: each pause is jumped over as soon as it begins. */
export async function collectAtOnce(http: Http, request: StreamRequest, clock: WatchedClock): Promise<Reply> {
  let over = false;
  const work = http.collect(request).finally(() => (over = true));
  const hurry = async () => {
    while (!over) await clock.advance(1_000);
  };
  const [reply] = await Promise.all([work, hurry()]);
  return reply;
}
