import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { OrchError } from '@orch/contracts';

/** The log file of a step or item: what its commands print and its models say, as it comes. No file until there is text. */
export type StepLog = { readonly write: (text: string) => void; readonly close: () => void };

/** `pathOf` is asked when the first text comes. */
export function openStepLog(pathOf: () => string): StepLog {
  let file: number | undefined;
  let isClosed = false;
  return {
    write(text) {
      if (isClosed) return;
      const path = pathOf();
      try {
        file ??= openForAppending(path);
        appendFileSync(file, text);
      } catch (error) {
        throw new OrchError('io', `Expected to write to ${path}: ${String(error)}`, { cause: error });
      }
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
      isClosed = true;
    },
  };
}

function openForAppending(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, 'a');
}
