import { closeSync, openSync, readSync } from 'node:fs';
import type { EventData } from '@orch/contracts';
import { OrchError } from '@orch/contracts';
import { parseEvent } from './parse-event.ts';
import type { Success } from './run-view.ts';

/** A line of a log. */
export type StoredLine = { readonly path: string; readonly offset: number; readonly bytes: number };

/** A success whose data is read from the log each time it is asked for. */
export class StoredSuccess implements Success {
  readonly seq: number;
  readonly #line: StoredLine;

  constructor(seq: number, line: StoredLine) {
    this.seq = seq;
    this.#line = line;
  }

  get data(): EventData['step.succeeded'] {
    const event = parseEvent(readLine(this.#line));
    if (event?.seq === this.seq) return event.data as EventData['step.succeeded'];
    const { path, offset } = this.#line;
    throw new OrchError('corrupt_log', `${path}:${this.seq}: expected its line at byte ${offset}, as it was read.`, {
      hint: 'Is another process mending the log? Read it again.',
      details: { path, line: this.seq, offset },
    });
  }
}

function readLine({ path, offset, bytes }: StoredLine): Buffer {
  const line = Buffer.alloc(bytes);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, line, 0, bytes, offset);
    return line;
  } finally {
    closeSync(fd);
  }
}
