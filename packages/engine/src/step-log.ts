import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The log file of a step or item: what its commands print and its models say, as it comes. No file until there is text. */
export type StepLog = { readonly write: (text: string) => void; readonly close: () => void };

export function openStepLog(path: string): StepLog {
  let file: number | undefined;
  return {
    write(text) {
      if (file === undefined) {
        mkdirSync(dirname(path), { recursive: true });
        file = openSync(path, 'a');
      }
      writeSync(file, text);
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
