import { createParser } from 'eventsource-parser';
import { mostOfMessage } from './message-lines.ts';

export type Reading = {
  /** Of the request. */
  readonly id: unknown;
  readonly onMessage: (message: unknown) => void;
};

export type Read =
  | { readonly ok: true }
  /** There was no answer. With `lastEvent` the server keeps what comes after it. */
  | {
      readonly ok: false;
      readonly fault: string;
      readonly lastEvent?: string | undefined;
      readonly retryMs?: number | undefined;
    };

/** Reads the response to a request, until its end or the answer: one message, or a stream of events with messages. */
export async function readAnswer(response: Response, reading: Reading): Promise<Read> {
  const type = /^[^;]*/
    .exec(response.headers.get('content-type') ?? '')?.[0]
    .trim()
    .toLowerCase();
  if (type === 'text/event-stream') return readEvents(response, reading);
  if (type === 'application/json') return readJson(response, reading);
  await response.body?.cancel();
  return { ok: false, fault: `it answered with ${type || 'nothing that has a content type'}` };
}

/** The first part of a text of any length. */
export async function readStart(response: Response, most: number): Promise<string> {
  let text = '';
  await eachPiece(response, (piece) => (text += piece).length < most);
  return text.slice(0, most);
}

async function readJson(response: Response, { id, onMessage }: Reading): Promise<Read> {
  let text = '';
  const ended = await eachPiece(response, (piece) => (text += piece).length <= mostOfMessage);
  if (ended !== undefined) return { ok: false, fault: ended };
  const message = parsed(text);
  if (!isAnswer(message, id)) return { ok: false, fault: 'what it answered is no answer to the request' };
  onMessage(message);
  return { ok: true };
}

async function readEvents(response: Response, { id, onMessage }: Reading): Promise<Read> {
  let [isAnswered, isTooMuch] = [false, false];
  let lastEvent: string | undefined;
  let retryMs: number | undefined;
  const parser = createParser({
    maxBufferSize: mostOfMessage,
    onRetry: (ms) => (retryMs = ms),
    onError: ({ type }) => (isTooMuch ||= type === 'max-buffer-size-exceeded'),
    onEvent(event) {
      lastEvent = event.id ?? lastEvent;
      const message = event.data === '' ? undefined : parsed(event.data);
      if (message === undefined) return;
      isAnswered ||= isAnswer(message, id);
      onMessage(message);
    },
  });
  const ended = await eachPiece(response, (piece) => {
    parser.feed(piece);
    return !isTooMuch && !isAnswered;
  });
  if (isAnswered) return { ok: true };
  if (isTooMuch) return { ok: false, fault: tooMuch };
  return { ok: false, fault: ended ?? 'its answer ended before it was whole', lastEvent, retryMs };
}

const tooMuch = `it sent a message of over ${mostOfMessage / 1024 / 1024} MB`;

/** Until its end, or as long as more is wanted; what went wrong, if anything did. */
async function eachPiece(response: Response, onPiece: (piece: string) => boolean): Promise<string | undefined> {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      if (!onPiece(decoder.decode(chunk, { stream: true }))) return tooMuch;
    }
    return undefined;
  } catch (error) {
    return `its answer broke off: ${(error as Error).message}`;
  }
}

/** The result or the error that belongs to a request. */
function isAnswer(message: unknown, id: unknown): boolean {
  const { id: own, method } = (message ?? {}) as { readonly id?: unknown; readonly method?: unknown };
  return own === id && method === undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
