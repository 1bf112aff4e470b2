import type { Clock, ProviderContext, Reply, Resilience } from '@orch/contracts';
import type { Dispatcher } from 'undici';
import { createBreaker } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import { exchange } from './exchange.ts';
import type { Hooks } from './exchange.ts';
import type { AnswerDelta, Http, HttpDeps, HttpPolicy, HttpRequest, StreamRequest } from './http.ts';
import { createPace } from './pace.ts';
import type { Pace } from './pace.ts';
import { readJson } from './read-json.ts';
import type { Hand } from './read-answer.ts';
import type { Link, Wire } from './send-once.ts';
import { streamed } from './streamed.ts';
import { createSilenceWatch } from './watch-silence.ts';
import type { Patience, WatchSilence } from './watch-silence.ts';

/**
 * HTTP as providers need it: retry around limits, breaker and timeouts, hooks around every request that is sent, a
 * cancel that closes the socket. Redirects are not followed. What it throws is an OrchError that nobody needs to retry.
 */
export function createHttp(policy: HttpPolicy, { clock, hide, dispatcher, random = Math.random }: HttpDeps): Http {
  const guards = new Map<string, Guard>();
  const watches = new WeakMap<Clock, WatchSilence>();
  let agent: Promise<Dispatcher> | undefined;

  const guardOf = (circuit: string): Guard => {
    const known = guards.get(circuit);
    if (known !== undefined) return known;
    const guard = {
      breaker: createBreaker({ ...policy.breaker, clock }),
      pace: createPace(policy.limits ?? {}, clock),
    };
    guards.set(circuit, guard);
    return guard;
  };
  const watchOf = (clock: Clock): WatchSilence => {
    const watch = watches.get(clock) ?? createSilenceWatch(clock);
    watches.set(clock, watch);
    return watch;
  };
  const linkFor = async (context: ProviderContext, patience: Patience): Promise<Link> => {
    const open = dispatcher ?? (await (agent ??= openAgent(policy)));
    return { dispatcher: open, context, patience, watchSilence: watchOf(context.clock) };
  };
  const send = async (request: StreamRequest, hand?: Hand<AnswerDelta>): Promise<Reply> => {
    const { mayRetry, hint, context, tokens, spent } = request;
    const { maxRetries, ...patience } = resilienceOf(policy, request.resilience);
    const guard = guardOf(request.circuit);
    const wire = toWire(request, (headers) => request.read(headers));
    const own = { mayRetry, hide, hint, tokens, tokensOf, spent };
    const ask = { ...guard, ...own, wire, hooks: hooksOf(context), maxRetries, random };
    const link = await linkFor(context, patience);
    return exchange(ask, { ...link, onHeaders: (headers, status) => guard.pace.learn(headers, status) }, hand);
  };

  return {
    async json(request) {
      const { mayRetry, hint, context } = request;
      const { maxRetries, ...patience } = resilienceOf(policy);
      const ask = { wire: toWire(request, readJson), hooks: {}, maxRetries, random, mayRetry, hide, hint };
      return exchange(ask, await linkFor(context, patience));
    },
    stream: (request) => streamed((hand) => send(request, hand)),
    collect: (request) => send(request),
    waiting(circuit) {
      const guard = guards.get(circuit);
      return guard?.breaker.waiting() ?? guard?.pace.waiting();
    },
    close: async () => (await agent)?.destroy(),
  };
}

/** What stands before each request of one model. */
type Guard = { readonly breaker: Breaker; readonly pace: Pace };

type Resolved = Patience & { readonly maxRetries: number };

function resilienceOf({ timeoutMs, maxRetries, resilience }: HttpPolicy, own: Resilience = {}): Resolved {
  return {
    firstByteMs: own.firstByteMs ?? resilience?.firstByteMs ?? timeoutMs,
    betweenChunksMs: own.betweenChunksMs ?? resilience?.betweenChunksMs ?? timeoutMs,
    totalMs: own.totalMs ?? resilience?.totalMs,
    setBy: [own, resilience],
    maxRetries: own.maxRetries ?? resilience?.maxRetries ?? maxRetries,
  };
}

function tokensOf({ usage }: Reply): number | undefined {
  const { tokensIn, tokensOut } = usage;
  return tokensIn === undefined && tokensOut === undefined ? undefined : (tokensIn ?? 0) + (tokensOut ?? 0);
}

const connectMs = 10_000;

/** undici is loaded when the first request leaves: it is the dearest import of a program that may never send one. */
async function openAgent(policy: HttpPolicy): Promise<Dispatcher> {
  const { Agent } = await import('undici');
  // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED does not turn it off.
  const connect = { timeout: policy.connectMs ?? connectMs, rejectUnauthorized: true };
  return new Agent({ connect, allowH2: false });
}

function toWire<T, R>({ url, headers, body }: HttpRequest, read: Wire<T, R>['read']): Wire<T, R> {
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
