import { createReadStream } from 'node:fs';
import { Readable, Transform, addAbortSignal, pipeline } from 'node:stream';
import { OrchError } from '@orch/contracts';
import { createTarDecoder } from 'modern-tar';
import type { ParsedTarEntry } from 'modern-tar';
import type { ArchiveForm } from './archive-form.ts';

export type ReadTarOptions = {
  readonly form: ArchiveForm;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The entries of a compressed tar, as it is read. The body of each must be read or cancelled before the next one comes.
 * Throws `usage` for what is no whole archive or is larger unpacked than `maxBytes`, `io`, or the signal's reason.
 */
export async function* readTar(file: string, options: ReadTarOptions): AsyncGenerator<ParsedTarEntry> {
  const { signal } = options;
  const bytes = decompress(file, options);
  if (signal !== undefined) addAbortSignal(signal, bytes);
  try {
    const source = Readable.toWeb(bytes) as unknown as ReadableStream<Uint8Array>;
    yield* source.pipeThrough(createTarDecoder({ strict: true }));
  } catch (error) {
    signal?.throwIfAborted();
    if (OrchError.is(error)) throw error;
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw OrchError.from(error, 'io');
    const reason = error instanceof Error ? error.message : String(error);
    throw new OrchError('usage', `Expected a whole archive, ${file} is none: ${reason}`, { cause: error });
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
  return pipeline(createReadStream(file), form.decompress(), meter, () => undefined);
}

function tooLarge(file: string, most: number): OrchError {
  return new OrchError('usage', `Expected ${file} to have at most ${most} bytes when it is unpacked, it has more.`, {
    hint: 'If you trust it, raise --max-size.',
  });
}
