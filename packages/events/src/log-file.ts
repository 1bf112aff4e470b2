import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { OrchError } from '@orch/contracts';

const fdatasyncAsync = promisify(fdatasync);

/** All that a log's writer does to its file goes through here, so that it can be recorded, delayed and made to fail. */
export interface LogFile {
  /** Bytes now in the file, also those another process wrote. */
  size(): number;
  /** Writes at the end; returns how many bytes went out, which may be fewer. */
  write(bytes: Uint8Array): number;
  /** Resolves when everything written is on the disc. */
  sync(): Promise<void>;
  /** The same, keeping this thread: faster where the disc is and only one waits. */
  syncNow(): void;
  /** Cuts the file to `bytes`. */
  truncate(bytes: number): void;
  close(): void;
}

/** Opens for appending; creates the file if it is missing. Throws `io`. */
export function openLogFile(path: string): LogFile {
  const fd = open(path);
  return {
    size: () => fstatSync(fd).size,
    write: (bytes) => writeSync(fd, bytes),
    sync: () => fdatasyncAsync(fd),
    syncNow: () => fdatasyncSync(fd),
    truncate: (bytes) => ftruncateSync(fd, bytes),
    close: () => closeSync(fd),
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (cause) {
    throw new OrchError('io', `Could not open ${path} for appending: ${(cause as Error).message}`, {
      hint: 'Check who may write to that file.',
      details: { path },
      cause,
    });
  }
}
