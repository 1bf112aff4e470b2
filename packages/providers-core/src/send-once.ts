import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import type { Dispatcher } from 'undici';
import type { BodyReader } from './body-reader.ts';
import { cancellation } from './cancellation.ts';
import { classifyHttp } from './classify-http.ts';
import type { HttpHeaders } from './http-headers.ts';
import { brokenOff, unreachable } from './network-error.ts';
import { parseRetryAfter } from './parse-retry-after.ts';
import { readStart } from './read-start.ts';
import type { Waiter } from './wait.ts';
import type { Missing, Patience, SilenceWatch, WatchSilence } from './watch-silence.ts';

/** One request as it leaves, and what reads its answer. */
export type Wire<T, R> = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  read(headers: HttpHeaders): BodyReader<T, R>;
};

export type Link = {
  readonly context: Waiter;
  readonly dispatcher: Dispatcher;
  readonly patience: Patience;
  readonly watchSilence: WatchSilence;
  /** Told of an answer as soon as its headers are there. */
  readonly onHeaders?: ((headers: HttpHeaders, status: number) => void) | undefined;
};

/** Is handed the parts of an answer, some at a time; reading goes on when it resolves, and ends when it rejects. */
export type Hand<T> = (parts: readonly T[]) => Promise<void>;

type Body = Dispatcher.ResponseData['body'];

export type Failure = { readonly error: OrchError; readonly retryAfterMs?: number | undefined };

/** How much of an error's body is read. */
const maxErrorBytes = 64 * 1024;

/** How much of an answer is read. The longest there are have some 50 MiB, wrapped up token by token. */
const maxAnswerBytes = 128 * 1024 * 1024;

/**
 * Sends one request and reads its answer. Too long a silence ends it, and so does the signal: the socket is closed
 * at once. Whatever goes wrong on the way is the result, never thrown.
 */
export async function sendOnce<T, R>(wire: Wire<T, R>, link: Link, hand?: Hand<T>): Promise<Result<R, Failure>> {
  const { context, patience } = link;
  const { clock, signal } = context;
  const ended = new AbortController();
  const cancel = (): void => ended.abort(cancellation(signal));
  const silence = link.watchSilence(patience, (missing) => ended.abort(tooLate(wire, missing, patience)));
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  let body: Body | undefined;
  try {
    const response = await open(wire, link.dispatcher, ended.signal);
    body = response.body;
    const { statusCode, headers } = response;
    link.onHeaders?.(headers, statusCode);
    const isAnswer = statusCode >= 200 && statusCode < 300;
    const reading = { url: wire.url, silence };
    if (isAnswer) return ok(await readBody(body, { ...reading, reader: wire.read(headers), hand }));
    const text = await readBody(body, { ...reading, reader: readStart(maxErrorBytes), hand: undefined });
    const error = classifyHttp(statusCode, headers, text);
    return err({ error, retryAfterMs: parseRetryAfter(headers, clock.now()) });
  } catch (error) {
    return err({ error: OrchError.from(error) });
  } finally {
    signal.removeEventListener('abort', cancel);
    silence.stop();
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

type Reading<T, R> = {
  readonly reader: BodyReader<T, R>;
  readonly url: string;
  readonly silence: SilenceWatch;
  readonly hand: Hand<T> | undefined;
};

/** One loop for all of it: every further asynchronous iterator would cost each answer as much as a small request. */
async function readBody<T, R>(body: Body, { reader, url, silence, hand }: Reading<T, R>): Promise<R> {
  let parts: T[] = [];
  let bytes = 0;
  const say = hand === undefined ? () => {} : (part: T) => void parts.push(part);
  const handOver = async (): Promise<void> => {
    const said = parts;
    parts = [];
    await hand?.(said);
  };
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      silence.rests();
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) throw tooMuch();
      const whole = orchErrors(() => reader.push(chunk, say));
      if (parts.length > 0) await handOver();
      if (whole !== undefined) return whole;
      silence.waits();
    }
  } catch (error) {
    throw brokenOff(error, url);
  }
  silence.rests();
  const whole = reader.end(say);
  if (parts.length > 0) await handOver();
  return whole;
}

/** What a reader throws is its own, never a fault of the connection. */
function orchErrors<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw OrchError.from(error);
  }
}

function tooMuch(): OrchError {
  return new OrchError('bad_response', `Expected an answer of at most ${maxAnswerBytes} bytes, got more.`, {
    retryable: false,
  });
}

function tooLate({ url }: Wire<unknown, unknown>, missing: Missing, patience: Patience): OrchError {
  const { origin } = new URL(url);
  if (missing === 'end') {
    const message = `Expected ${origin} to answer in full within ${seconds(patience.totalMs)}, it was still at it.`;
    return new OrchError('timeout', message, { hint: 'Raise `total_s` under `resilience`, or leave it out.' });
  }
  const ms = missing === 'first byte' ? patience.firstByteMs : patience.betweenChunksMs;
  const message = `Expected ${origin} to send something within ${seconds(ms)}, got nothing.`;
  return new OrchError('timeout', message, { hint: 'Raise PROVIDER_TIMEOUT_S if the model is just slow.' });
}

function seconds(ms = 0): string {
  return `${ms / 1000} s`;
}

/** Lets the connection be used again when the answer is as good as over, and closes it otherwise. */
function release(body: Body): void {
  body.on('error', () => {}); // nobody waits for the rest of this answer
  body.resume();
  setImmediate(() => body.destroy());
}
