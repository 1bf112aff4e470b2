import { hash } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';

/** An event as the limit writes it: with everything a run log needs but the chain of digests. */
export type PlainEvent = {
  readonly type: string;
  readonly step: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** The least that can be done for a log: a check, JSON, and one write for all that came in one turn. */
export type Jsonl = {
  push(event: PlainEvent): void;
  /** Resolves when all that was pushed is written, and synced if the log syncs. */
  flush(): Promise<void>;
  close(): void;
};

export type JsonlOptions = {
  readonly sync: boolean;
  /** Each line with the sha-256 of the one before. */
  readonly chained?: boolean;
};

export function openJsonl(path: string, { sync, chained = false }: JsonlOptions): Jsonl {
  const file = openSync(path, 'a');
  let seq = 0;
  let prev: string | undefined = chained ? '0'.repeat(64) : undefined;
  let text = '';
  let group: PromiseWithResolvers<void> | undefined;
  const commit = () => {
    const done = group!;
    group = undefined;
    const bytes = text;
    text = '';
    writeSync(file, bytes);
    if (sync) fdatasyncSync(file);
    done.resolve();
  };
  const flush = () => {
    if (group === undefined) {
      group = Promise.withResolvers();
      setImmediate(commit);
    }
    return group.promise;
  };
  return {
    push(event) {
      check(event);
      const line = JSON.stringify(toRecord(event, ++seq, prev));
      if (chained) prev = hash('sha256', line);
      text += `${line}\n`;
      void flush();
    },
    flush,
    close: () => closeSync(file),
  };
}

export function toRecord({ type, step, data }: PlainEvent, seq: number, prev?: string) {
  return { seq, ts: stamp(), level: 'INFO', job_id: 'job_0123456789ab', type, step, data, prev };
}

let now = 0;
let ts = '';

/** Formatting a date costs as much as the rest of a line: once a millisecond is enough. */
function stamp(): string {
  const at = Date.now();
  if (at === now) return ts;
  now = at;
  return (ts = new Date(at).toISOString());
}

const digest = /^[0-9a-f]{64}$/;

/** By hand, what a schema would ask of the two events that every step has. */
export function check({ type, step, data }: PlainEvent): void {
  const fits =
    typeof step === 'string' &&
    digest.test(data['input_hash'] as string) &&
    (type === 'step.started' ? isStart(data) : isEnd(data));
  if (!fits) throw new Error(`Expected ${type} with its data, got ${JSON.stringify(data)}.`);
}

function isStart({ attempt, worker }: PlainEvent['data']): boolean {
  return Number.isInteger(attempt) && typeof worker === 'string';
}

function isEnd({ duration_s: duration, output, files }: PlainEvent['data']): boolean {
  const { sha256, size_bytes: size } = output as { sha256?: string; size_bytes?: number };
  return typeof duration === 'number' && digest.test(sha256 ?? '') && Number.isInteger(size) && Array.isArray(files);
}
