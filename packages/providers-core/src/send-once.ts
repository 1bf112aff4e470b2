import { OrchError, err, ok } from '@orch/contracts';
import type { Clock, Result } from '@orch/contracts';
import type { Dispatcher } from 'undici';
import { cancellation } from './cancellation.ts';
import { classifyHttp } from './classify-http.ts';
import type { HttpHeaders } from './http-headers.ts';
import { brokenOff, unreachable } from './network-error.ts';
import { parseRetryAfter } from './parse-retry-after.ts';
import { readText } from './read-text.ts';
import { watchIdle } from './watch-idle.ts';
import type { IdleWatch } from './watch-idle.ts';

/** One request as it leaves, and what reads its answer: yields parts, returns the whole. */
export type Wire<T, R> = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  read(response: HttpResponse): AsyncGenerator<T, R>;
};

export type HttpResponse = { readonly headers: HttpHeaders; readonly chunks: AsyncIterable<Uint8Array> };

export type Link = {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
};

export type Failure = { readonly error: OrchError; readonly retryAfterMs?: number | undefined };

/** How much of an error's body is read. */
const maxErrorBytes = 64 * 1024;

/**
 * Sends one request and reads its answer. Too long a silence ends it, and so does the signal: the socket is closed
 * at once. Whatever goes wrong on the way is the result, never thrown.
 */
export async function* sendOnce<T, R>(wire: Wire<T, R>, link: Link): AsyncGenerator<T, Result<R, Failure>> {
  const { clock, signal, timeoutMs } = link;
  const ended = new AbortController();
  const cancel = (): void => ended.abort(cancellation(signal));
  const idle = watchIdle(timeoutMs, clock, () => ended.abort(tooSilent(wire, timeoutMs)));
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  let body: Dispatcher.ResponseData['body'] | undefined;
  try {
    const response = await open(wire, link.dispatcher, ended.signal);
    body = response.body;
    const { statusCode, headers } = response;
    const chunks = chunksOf(body, wire.url, idle);
    if (statusCode >= 200 && statusCode < 300) return ok(yield* wire.read({ headers, chunks }));
    const { text } = await readText(chunks, maxErrorBytes);
    const error = classifyHttp(statusCode, headers, text);
    return err({ error, retryAfterMs: parseRetryAfter(headers, clock.now()) });
  } catch (error) {
    return err({ error: OrchError.from(error) });
  } finally {
    signal.removeEventListener('abort', cancel);
    idle.stop();
    if (body !== undefined) release(body);
  }
}

async function open(
  { method, url, headers, body }: Wire<unknown, unknown>,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(url);
  const untimed = { headersTimeout: 0, bodyTimeout: 0 };
  const target = { origin, path: pathname + search, method, headers, body: body ?? null };
  try {
    return await dispatcher.request({ ...target, ...untimed, signal });
  } catch (error) {
    throw unreachable(error, url);
  }
}

async function* chunksOf(
  body: Dispatcher.ResponseData['body'],
  url: string,
  idle: IdleWatch,
): AsyncGenerator<Uint8Array, void> {
  idle.waits();
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      idle.rests();
      yield chunk as Uint8Array;
      idle.waits();
    }
  } catch (error) {
    throw brokenOff(error, url);
  } finally {
    idle.rests();
  }
}

function tooSilent({ url }: Wire<unknown, unknown>, ms: number): OrchError {
  const message = `Expected ${new URL(url).origin} to send something within ${ms / 1000} s, got nothing.`;
  return new OrchError('timeout', message, { hint: 'Raise PROVIDER_TIMEOUT_S if the model is just slow.' });
}

/** Lets the connection be used again when the answer is as good as over, and closes it otherwise. */
function release(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => {}); // nobody waits for the rest of this answer
  body.resume();
  setImmediate(() => body.destroy());
}
