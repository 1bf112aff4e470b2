import { StringDecoder } from 'node:string_decoder';
import type { Hider } from '@orch/contracts';

const kept = 16 * 1024;
const lines = 12;
const characters = 2_000;

/** The last lines of what is said, secrets hidden. */
export function createLastWords(stream: ReturnType<Hider['stream']>) {
  const decoder = new StringDecoder('utf8');
  let text = '';
  const add = (piece: string): void => void (text = (text + piece).slice(-kept));
  return {
    push: (chunk: Buffer): void => add(stream.push(decoder.write(chunk))),
    end: (): void => add(stream.push(decoder.end()) + stream.end()),
    /** Empty, or of lines that each begin a new one. */
    get last(): string {
      const words = text.trim().split('\n').slice(-lines).join('\n').slice(-characters).toWellFormed();
      return words === '' ? '' : `\n${words}`;
    },
  };
}
