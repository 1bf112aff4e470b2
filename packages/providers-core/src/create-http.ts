import type { ProviderContext, Reply } from '@orch/contracts';
import type { Dispatcher } from 'undici';
import { createBreaker } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import { exchange } from './exchange.ts';
import type { Hooks } from './exchange.ts';
import type { Http, HttpDeps, HttpPolicy, HttpRequest, StreamRequest } from './http.ts';
import { readJson } from './read-json.ts';
import type { HttpResponse, Link, Wire } from './send-once.ts';

/**
 * HTTP as providers need it: retry around breaker around timeouts, hooks around every request that is sent, a cancel
 * that closes the socket. Redirects are not followed. What it throws is an OrchError that nobody needs to retry.
 */
export function createHttp(policy: HttpPolicy, { clock, dispatcher, random = Math.random }: HttpDeps): Http {
  const { timeoutMs, maxRetries } = policy;
  const breakers = new Map<string, Breaker>();
  let agent: Promise<Dispatcher> | undefined;

  const linkFor = async ({ signal, clock }: ProviderContext): Promise<Link> => {
    return { dispatcher: dispatcher ?? (await (agent ??= openAgent(policy))), clock, signal, timeoutMs };
  };
  const breakerFor = (circuit: string): Breaker => {
    const breaker = breakers.get(circuit) ?? createBreaker({ ...policy.breaker, clock });
    breakers.set(circuit, breaker);
    return breaker;
  };
  async function* send(request: StreamRequest) {
    const { mayRetry, hint, circuit, context } = request;
    const wire = toWire(request, (response) => request.read(response));
    const ask = { wire, hooks: hooksOf(context), breaker: breakerFor(circuit), maxRetries, random, mayRetry, hint };
    return yield* exchange(ask, await linkFor(context));
  }

  return {
    async json(request) {
      const { mayRetry, hint, context } = request;
      const ask = { wire: toWire(request, wholeJson), hooks: {}, maxRetries, random, mayRetry, hint };
      return lastOf(exchange(ask, await linkFor(context)));
    },
    async *stream(request) {
      const reply = yield* send(request);
      yield { type: 'done', reply };
    },
    collect: (request) => lastOf(send(request)),
    close: async () => (await agent)?.destroy(),
  };
}

const connectMs = 10_000;

/** undici is loaded when the first request leaves: it is the dearest import of a program that may never send one. */
async function openAgent(policy: HttpPolicy): Promise<Dispatcher> {
  const { Agent } = await import('undici');
  return new Agent({ connect: { timeout: policy.connectMs ?? connectMs }, allowH2: false });
}

function toWire<T, R>(
  { url, headers, body }: HttpRequest,
  read: (response: HttpResponse) => AsyncGenerator<T, R>,
): Wire<T, R> {
  const common = { accept: 'application/json', 'user-agent': 'orch', ...headers };
  if (body === undefined) return { method: 'GET', url, headers: common, read };
  const typed = { 'content-type': 'application/json', ...common };
  return { method: 'POST', url, headers: typed, body: JSON.stringify(body), read };
}

function hooksOf(context: ProviderContext): Hooks<Reply> {
  return {
    before: async (sent) => context.beforeRequest?.(sent),
    after: async (result) => context.afterRequest?.(result),
    notify: (notice) => context.onNotice?.(notice),
  };
}

async function* wholeJson({ chunks }: HttpResponse): AsyncGenerator<never, unknown> {
  return readJson(chunks);
}

async function lastOf<R>(parts: AsyncGenerator<unknown, R>): Promise<R> {
  for (;;) {
    const next = await parts.next();
    if (next.done === true) return next.value;
  }
}
