import { OrchError } from '@orch/contracts';
import type { BodyReader } from './body-reader.ts';
import type { Receiver } from './receive.ts';
import type { SilenceWatch } from './watch-silence.ts';

/** Is handed the parts of an answer, some at a time; reading goes on when it resolves, and ends when it rejects. */
export type Hand<T> = (parts: readonly T[]) => Promise<void>;

/** How much of an answer is read. The longest there are have some 50 MiB, wrapped up token by token. */
const maxAnswerBytes = 128 * 1024 * 1024;

/** Reads an answer of bounded length, hands its parts on as they come, and tells when it waits for more of them. */
export function readAnswer<T, R>(reader: BodyReader<T, R>, silence: SilenceWatch, hand?: Hand<T>): Receiver<R> {
  let parts: T[] = [];
  let bytes = 0;
  const say = hand === undefined ? () => {} : (part: T) => void parts.push(part);
  const handOver = async (): Promise<void> => {
    const said = parts;
    parts = [];
    await hand?.(said);
  };
  return {
    push(chunk) {
      silence.rests();
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) throw tooMuch();
      const whole = orchErrors(() => reader.push(chunk, say));
      const goOn = (): R | undefined => {
        if (whole === undefined) silence.waits();
        return whole;
      };
      return parts.length > 0 ? handOver().then(goOn) : goOn();
    },
    end() {
      silence.rests();
      const whole = orchErrors(() => reader.end(say));
      return parts.length > 0 ? handOver().then(() => whole) : whole;
    },
  };
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
