import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Hider } from '@orch/contracts';

/** The log file of a step or item: what its commands print and its models say, as it comes. No file until there is text. */
export type StepLog = {
  /** Pieces of one stream are looked through for secrets together. */
  readonly write: (text: string, stream?: string) => void;
  readonly close: () => void;
};

/** `pathOf` is asked when the first text comes. */
export function openStepLog(pathOf: () => string, hider: Hider): StepLog {
  const streams = new Map<string, ReturnType<Hider['stream']>>();
  let file: number | undefined;
  let isClosed = false;
  const append = (text: string): void => {
    if (text === '') return;
    const path = pathOf();
    try {
      file ??= openForAppending(path);
      appendFileSync(file, text);
    } catch (error) {
      throw new OrchError('io', `Expected to write to ${path}: ${String(error)}`, { cause: error });
    }
  };
  const streamOf = (name: string): ReturnType<Hider['stream']> => {
    const stream = streams.get(name) ?? hider.stream();
    streams.set(name, stream);
    return stream;
  };
  return {
    write(text, name = '') {
      if (!isClosed) append(streamOf(name).push(text));
    },
    close() {
      try {
        for (const stream of streams.values()) append(stream.end());
      } finally {
        if (file !== undefined) closeSync(file);
        file = undefined;
        isClosed = true;
        streams.clear();
      }
    },
  };
}

function openForAppending(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, 'a');
}
