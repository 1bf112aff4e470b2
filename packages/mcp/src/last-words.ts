import { StringDecoder } from 'node:string_decoder';
import type { Hider } from '@orch/contracts';

const kept = 16 * 1024;
const lines = 12;
const characters = 2_000;

/** A stack would leave no room for the error that it belongs to. */
const isNoFrame = (line: string): boolean => !/^\s+at\s/.test(line);

/** The last lines of what is said, without stacks, secrets hidden. */
export function createLastWords(stream: ReturnType<Hider['stream']>) {
  const decoder = new StringDecoder('utf8');
  let text = '';
  const add = (piece: string): void => void (text = (text + piece).slice(-kept));
  return {
    push: (chunk: Buffer): void => add(stream.push(decoder.write(chunk))),
    end: (): void => add(stream.push(decoder.end()) + stream.end()),
    /** Empty, or of lines that each begin a new one. */
    get last(): string {
      const said = text.trim().split('\n').filter(isNoFrame);
      const words = said.slice(-lines).join('\n').slice(-characters).toWellFormed();
      return words === '' ? '' : `\n${words}`;
    },
  };
}
