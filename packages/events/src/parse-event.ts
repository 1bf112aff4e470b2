import type { AnyEvent } from './log-event.ts';

/**
 * Makes an event of a line without its newline, which is valid only during the call and starts at byte `offset` of the
 * file; undefined when it is none. `trusted` lines are known to be as they were written.
 */
export type ParseLine<E> = (line: Buffer, offset: number, trusted: boolean) => E | undefined;

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export function parseEvent(line: Buffer): AnyEvent | undefined {
  try {
    const event = JSON.parse(line.toString()) as AnyEvent | null;
    return event !== null && isEvent(event) ? event : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEvent({ seq, ts, job_id: jobId, type, prev }: AnyEvent): boolean {
  const strings = typeof jobId === 'string' && typeof type === 'string' && typeof prev === 'string';
  return strings && typeof seq === 'number' && typeof ts === 'string' && isTimestamp(ts);
}

export function isTimestamp(text: string): boolean {
  return timestamp.test(text);
}
