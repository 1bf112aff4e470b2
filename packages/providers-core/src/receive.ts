import type { Dispatcher } from 'undici';
import type { HttpHeaders } from './http-headers.ts';

/** What is made of an answer while it arrives. What it throws closes the connection and is how the request ends. */
export type Receiver<R> = {
  /** Returns the result as soon as it is known; the server waits while a promise is pending. */
  push(chunk: Uint8Array): R | undefined | Promise<R | undefined>;
  /** The body is over. */
  end(): R | Promise<R>;
};

/** A receiver for the answer, once its headers are there. */
export type Begin<R> = (status: number, headers: HttpHeaders) => Receiver<R>;

export type Receiving<R> = {
  readonly result: Promise<R>;
  /** Closes the connection, also one that is not open yet; the result is this error. */
  stop(error: Error): void;
};

/**
 * Sends one request. Goes below undici's `request`: the stream which that makes of a body costs as much as all the
 * rest of a short call.
 */
export function receive<R>(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions, begin: Begin<R>): Receiving<R> {
  const answer = new Answer(begin);
  dispatcher.dispatch(request, answer);
  return answer;
}

/** How much may lie unread before the server has to wait. */
const maxUnreadBytes = 64 * 1024;

/** Made once: an error for each answer would cost more than the rest of its end. */
const allWasRead = new Error('All of the answer that matters was read.');

class Answer<R> implements Receiving<R>, Dispatcher.DispatchHandler {
  readonly #begin: Begin<R>;
  readonly #settled = Promise.withResolvers<R>();
  #connection: Dispatcher.DispatchController | undefined;
  #receiver: Receiver<R> | undefined;
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #isReading = false;
  /** What is done when all is read. */
  #ending: (() => void) | undefined;
  #stopped: Error | undefined;

  constructor(begin: Begin<R>) {
    this.#begin = begin;
  }

  get result(): Promise<R> {
    return this.#settled.promise;
  }

  stop(error: Error): void {
    this.#stopped ??= error;
    this.#settled.reject(error);
    this.#connection?.abort(error);
  }

  onRequestStart(connection: Dispatcher.DispatchController): void {
    this.#connection = connection;
    if (this.#stopped !== undefined) connection.abort(this.#stopped);
  }

  onResponseStart(_: unknown, status: number, headers: HttpHeaders): void {
    if (status >= 200) this.#receiver = this.#begin(status, headers);
  }

  onResponseData(connection: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#stopped !== undefined) return;
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes > maxUnreadBytes) connection.pause();
    this.#read();
  }

  onResponseEnd(): void {
    this.#endWith(() => {
      if (this.#stopped === undefined) void this.#end().then(this.#settled.resolve, this.#settled.reject);
    });
  }

  onResponseError(_: unknown, error: Error): void {
    this.#endWith(() => this.#settled.reject(error));
  }

  /** Soon, so that chunks that came in one packet are read at once. */
  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    queueMicrotask(() => void this.#readAll().catch((error: Error) => this.stop(error)));
  }

  async #readAll(): Promise<void> {
    while (this.#unreadBytes > 0 && this.#stopped === undefined) {
      const known = this.#receiver?.push(this.#take());
      const whole = known instanceof Promise ? await known : known;
      if (whole !== undefined) this.#know(whole);
      if (this.#connection?.paused === true) this.#connection.resume();
    }
    this.#isReading = false;
    this.#ending?.();
  }

  #take(): Uint8Array {
    const [first, ...more] = this.#unread;
    const all = first !== undefined && more.length === 0 ? first : Buffer.concat(this.#unread);
    this.#unread = [];
    this.#unreadBytes = 0;
    return all;
  }

  /** Lets the connection be used again when the answer is as good as over, and closes it otherwise. */
  #know(result: R): void {
    this.#settled.resolve(result);
    this.#stopped = allWasRead;
    setImmediate(() => this.#connection?.abort(allWasRead));
  }

  async #end(): Promise<R> {
    if (this.#receiver === undefined) throw new Error('The answer has no headers.');
    return this.#receiver.end();
  }

  #endWith(ending: () => void): void {
    this.#ending = ending;
    if (!this.#isReading) ending();
  }
}
