import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import type { Dispatcher } from 'undici';
import { mapWhole } from './body-reader.ts';
import type { BodyReader } from './body-reader.ts';
import { cancellation } from './cancellation.ts';
import { classifyHttp } from './classify-http.ts';
import type { HttpHeaders } from './http-headers.ts';
import { brokenOff, unreachable } from './network-error.ts';
import { parseRetryAfter } from './parse-retry-after.ts';
import { readAnswer } from './read-answer.ts';
import type { Hand } from './read-answer.ts';
import { readStart } from './read-start.ts';
import { receive } from './receive.ts';
import type { Waiter } from './wait.ts';
import type { Missing, Patience, WatchSilence } from './watch-silence.ts';

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

export type Failure = { readonly error: OrchError; readonly retryAfterMs?: number | undefined };

/** How much of an error's body is read. */
const maxErrorBytes = 64 * 1024;

/**
 * Sends one request and reads its answer. Too long a silence ends it, and so does the signal: the socket is closed
 * at once. Whatever goes wrong on the way is the result, never thrown.
 */
export async function sendOnce<T, R>(wire: Wire<T, R>, link: Link, hand?: Hand<T>): Promise<Result<R, Failure>> {
  const { context, patience } = link;
  const { clock, signal } = context;
  let hasBegun = false;
  const cancel = (): void => answer.stop(cancellation(signal));
  const silence = link.watchSilence(patience, (missing) => answer.stop(tooLate(wire, missing, patience)));
  const answer = receive<Result<R, Failure>>(link.dispatcher, toDispatch(wire), (status, headers) => {
    hasBegun = true;
    link.onHeaders?.(headers, status);
    if (status >= 200 && status < 300) return readAnswer(mapWhole(wire.read(headers), ok), silence, hand);
    const toFailure = (text: string): Result<R, Failure> => {
      const error = classifyHttp(status, headers, text);
      return err({ error, retryAfterMs: parseRetryAfter(headers, clock.now()) });
    };
    return readAnswer<T, Result<R, Failure>>(mapWhole(readStart(maxErrorBytes), toFailure), silence);
  });
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  try {
    return await answer.result;
  } catch (error) {
    return err({ error: hasBegun ? brokenOff(error, wire.url) : unreachable(error, wire.url) });
  } finally {
    signal.removeEventListener('abort', cancel);
    silence.stop();
  }
}

function toDispatch({ method, url, headers, body }: Wire<unknown, unknown>): Dispatcher.DispatchOptions {
  const { origin, pathname, search } = new URL(url);
  const untimed = { headersTimeout: 0, bodyTimeout: 0 };
  return { origin, path: pathname + search, method, headers, body: body ?? null, ...untimed };
}

function tooLate({ url }: Wire<unknown, unknown>, missing: Missing, patience: Patience): OrchError {
  const { origin } = new URL(url);
  if (missing === 'end') {
    const message = `Expected ${origin} to answer in full within ${seconds(patience.totalMs)}, it was still at it.`;
    return new OrchError('timeout', message, { hint: 'Raise `total_s` under `resilience`, or leave it out.' });
  }
  const { limit, field } = silences[missing];
  const message = `Expected ${origin} to send something within ${seconds(patience[limit])}, got nothing.`;
  const isSet = patience.setBy?.some((set) => set?.[limit] !== undefined) ?? false;
  const what = isSet ? `\`${field}\` under \`resilience\`` : 'PROVIDER_TIMEOUT_S';
  return new OrchError('timeout', message, { hint: `Raise ${what} if the model is just slow.` });
}

const silences = {
  'first byte': { limit: 'firstByteMs', field: 'first_byte_s' },
  'next chunk': { limit: 'betweenChunksMs', field: 'between_chunks_s' },
} as const;

function seconds(ms = 0): string {
  return `${ms / 1000} s`;
}
