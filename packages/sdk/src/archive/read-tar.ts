import { createReadStream } from 'node:fs';
import { Readable, Transform, addAbortSignal, pipeline } from 'node:stream';
import { OrchError } from '@orch/contracts';
import { createTarDecoder } from 'modern-tar';
import type { ParsedTarEntry } from 'modern-tar';
import type { ArchiveForm } from './archive-form.ts';

export type ReadTarOptions = {
  readonly form: ArchiveForm;
  /** Of the tar. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The entries of a compressed tar, as it is read; the body of each must be read or cancelled before the next one comes.
 * That a tar is larger than `maxBytes`, cut off or damaged is thrown here or by the body that meets it.
 */
export async function* readTar(file: string, options: ReadTarOptions): AsyncGenerator<ParsedTarEntry> {
  const bytes = decompress(file, options);
  if (options.signal !== undefined) addAbortSignal(options.signal, bytes);
  try {
    const source = Readable.toWeb(bytes) as unknown as ReadableStream<Uint8Array>;
    yield* source.pipeThrough(createTarDecoder({ strict: true }));
  } finally {
    bytes.destroy();
  }
}

function decompress(file: string, { form, maxBytes }: ReadTarOptions): Transform {
  let count = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      count += chunk.length;
      if (count <= maxBytes) done(null, chunk);
      else done(tooLarge(file, maxBytes));
    },
  });
  // A failure of the streams before ends the meter with the same error, where it is seen.
  pipeline([createReadStream(file), ...form.decompress(), meter], () => undefined);
  return meter;
}

function tooLarge(file: string, most: number): OrchError {
  return new OrchError('usage', `Expected ${file} to have at most ${most} bytes when it is unpacked, it has more.`, {
    hint: 'If you trust it, raise --max-size.',
  });
}
