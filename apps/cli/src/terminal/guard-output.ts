import type { Hider } from '@orch/contracts';
import { hidesNothing } from '@orch/secrets';

/** Takes secrets out of what is written; with another hider, from then on. */
export type Guard = { readonly hide: (hider: Hider) => void };

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

/**
 * Puts itself before everything that the process writes there: its own lines, and what modules of a job print. A secret
 * that comes in pieces is found within a line; where a person looks on, who waits for each character, within a piece.
 */
export function guardOutput(streams: readonly Output[], first: Hider): Guard {
  let hider = first;
  const guarded = streams.map((stream) => guardStream(stream, () => hider));
  process.on('exit', () => guarded.forEach(({ flush }) => flush()));
  return {
    hide(next) {
      guarded.forEach(({ flush }) => flush());
      hider = next;
    },
  };
}

function guardStream(stream: Output, hider: () => Hider): { readonly flush: () => void } {
  const write = stream.write.bind(stream);
  let line: ReturnType<Hider['stream']> | undefined;
  const rest = (): string => {
    const left = line?.end() ?? '';
    line = undefined;
    return left;
  };
  const hideText = (text: string): string => {
    line ??= hider().stream();
    const hidden = line.push(text);
    return stream.isTTY || text.endsWith('\n') ? hidden + rest() : hidden;
  };
  stream.write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    const done = (typeof encoding === 'function' ? encoding : callback) as (() => void) | undefined;
    if (hidesNothing(hider())) return write(chunk, typeof encoding === 'string' ? (encoding as 'utf8') : 'utf8', done);
    if (typeof chunk === 'string' && isText(encoding)) return write(hideText(chunk), done);
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding as 'hex') : chunk;
    return write(Buffer.concat([Buffer.from(rest()), hider().bytes(bytes)]), done);
  };
  return {
    flush() {
      const left = rest();
      if (left !== '') write(left);
    },
  };
}

function isText(encoding: unknown): boolean {
  return typeof encoding !== 'string' || /^utf-?8$/i.test(encoding);
}
