import type { Reply } from '@orch/contracts';
import { NdjsonDecoder } from './decode-ndjson.ts';
import { SseDecoder } from './decode-sse.ts';
import type { SseEvent } from './decode-sse.ts';
import type { Decoder } from './decoder.ts';
import type { AnswerDelta } from './http.ts';

/** Is handed each part as soon as it is there. */
export type Say<T> = (part: T) => void;

/** Reads one body as its bytes come. Throws an OrchError for what it cannot read. */
export type BodyReader<T, R> = {
  /** Returns the whole as soon as its end has come: what may follow is of no interest. */
  push(chunk: Uint8Array, say: Say<T>): R | undefined;
  /** The body is over. Throws `network` when what it holds is not whole. */
  end(say: Say<T>): R;
};

/** The same reader, with something made of the whole. */
export function mapWhole<T, R, S>(reader: BodyReader<T, R>, map: (whole: R) => S): BodyReader<T, S> {
  return {
    push(chunk, say) {
      const whole = reader.push(chunk, say);
      return whole === undefined ? undefined : map(whole);
    },
    end: (say) => map(reader.end(say)),
  };
}

/** Reads the events of one streamed answer, as its vendor writes them. Throws an OrchError for what it cannot read. */
export type AnswerReader<E> = {
  /** Says the text and the calls that an event brought; returns the whole answer when it was the last one. */
  take(event: E, say: Say<AnswerDelta>): Reply | undefined;
  /** The stream is over. Throws `network` (`cutStream`) when its end has not come. */
  end(say: Say<AnswerDelta>): Reply;
};

/** A streamed answer of server-sent events. */
export function readSse(answer: AnswerReader<SseEvent>): BodyReader<AnswerDelta, Reply> {
  return readEvents(new SseDecoder(), answer);
}

/** A streamed answer of one JSON value a line. */
export function readNdjson(answer: AnswerReader<unknown>): BodyReader<AnswerDelta, Reply> {
  return readEvents(new NdjsonDecoder(), answer);
}

function readEvents<E>(decoder: Decoder<E>, answer: AnswerReader<E>): BodyReader<AnswerDelta, Reply> {
  const take = (events: Iterable<E>, say: Say<AnswerDelta>): Reply | undefined => {
    for (const event of events) {
      const reply = answer.take(event, say);
      if (reply !== undefined) return reply;
    }
    return undefined;
  };
  return {
    push: (chunk, say) => take(decoder.push(chunk), say),
    end: (say) => take(decoder.end(), say) ?? answer.end(say),
  };
}
