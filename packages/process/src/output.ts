import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import { createCapture } from './capture.ts';
import type { Capture } from './capture.ts';

/** Keeps what a stream says and passes it on as text, never half a character. `fail` takes what goes wrong. */
export function readOutput(
  stream: Readable,
  maxBytes: number,
  { onText, fail }: { onText: ((text: string) => void) | undefined; fail: (error: unknown) => void },
): Capture {
  const capture = createCapture(maxBytes);
  const decoder = new StringDecoder('utf8');
  const pass = (text: string) => {
    if (text === '') return;
    try {
      onText?.(text);
    } catch (error) {
      fail(error);
    }
  };
  stream.on('data', (chunk: Buffer) => {
    capture.push(chunk);
    pass(decoder.write(chunk));
  });
  stream.on('end', () => pass(decoder.end()));
  stream.on('error', fail);
  return capture;
}
