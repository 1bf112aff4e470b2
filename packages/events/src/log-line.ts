import { hash } from 'node:crypto';
import { OrchError } from '@orch/contracts';
import { levelOf } from './level-of.ts';
import { maxLineBytes } from './log-event.ts';
import type { AnyEvent, AppendOptions, LogPlace } from './log-event.ts';

/** What every line of one log shares. */
export type LineContext = { readonly jobId: string; readonly ts: string; readonly after: LogPlace };

/** An event with its line of JSON, newline included, and the place where that line ends. */
export type LogLine = { readonly event: AnyEvent; readonly text: string; readonly end: LogPlace };

/** Throws `usage` for a type or data that no line can hold, and for a line over 64 kB. */
export function toLine(type: string, data: unknown, options: AppendOptions, context: LineContext): LogLine {
  assertWritable(type, data);
  const event = toEvent(type, data, options, context);
  const line = JSON.stringify(event);
  const size = Buffer.byteLength(line) + 1;
  if (size > maxLineBytes) throw tooLong(event, size);
  const end = { seq: event.seq, bytes: context.after.bytes + size, sha256: hash('sha256', line) };
  return { event, text: `${line}\n`, end };
}

function assertWritable(type: string, data: unknown): void {
  if (typeof type !== 'string' || type === '') {
    throw new OrchError('usage', `Expected an event type such as "step.started", got ${JSON.stringify(type)}.`);
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    const got = data === null ? 'null' : Array.isArray(data) ? 'an array' : typeof data;
    throw new OrchError('usage', `Expected the data of ${type} to be an object, got ${got}.`);
  }
}

function toEvent(type: string, data: unknown, options: AppendOptions, { jobId, ts, after }: LineContext): AnyEvent {
  const { step, item, level = levelOf(type, data) } = options;
  return {
    seq: after.seq + 1,
    ts,
    level,
    job_id: jobId,
    type,
    ...(step === undefined ? undefined : { step }),
    ...(item === undefined ? undefined : { item }),
    data,
    prev: after.sha256,
  };
}

function tooLong({ type, step, seq }: AnyEvent, size: number): OrchError {
  const what = `${type}${step === undefined ? '' : ` of step ${step}`}`;
  return new OrchError('usage', `Expected a line of at most ${maxLineBytes} bytes, got ${size} for ${what}.`, {
    hint: 'Store the long field as a blob and name it by its digest.',
    details: { type, seq, bytes: size },
  });
}
