import type { EventData, Level, Where } from '@orch/contracts';
import type { Success } from './run-view.ts';

/** The events of orch: type → data. Any other such map will do for a log of one's own. */
export type OrchEvents = EventData;

/**
 * One line of a log of events `E` (type → data).
 * `seq` counts 1, 2, 3 … without gaps; `ts` is UTC, ISO 8601 with `Z`, never going back; `prev` is the sha-256 of the
 * line before, without its newline (64 zeros in the first line).
 */
export type LogEvent<E, T extends keyof E & string = keyof E & string> = {
  [K in T]: {
    readonly seq: number;
    readonly ts: string;
    readonly level: Level;
    readonly job_id: string;
    readonly type: K;
    readonly step?: string;
    readonly item?: string;
    readonly data: E[K];
    readonly prev: string;
  };
}[T];

/** An event read from disc, of which only the envelope is known. */
export type AnyEvent = LogEvent<Record<string, unknown>>;

/** What is needed of an event to follow its log and to fold it. */
export type BareEvent = Pick<AnyEvent, 'seq' | 'ts' | 'job_id' | 'type' | 'data'> & {
  readonly step?: string | undefined;
  readonly item?: string | undefined;
  readonly prev?: string;
  /** Of a `step.succeeded` whose data was not read whole. */
  readonly success?: Success;
};

/** What goes beside type and data. `level` is taken from `levelOf` unless given. */
export type AppendOptions = Where & { readonly level?: Level | undefined };

/** The end of a line in a log: its number, the bytes up to and including its newline, the sha-256 of the line without it. */
export type LogPlace = { readonly seq: number; readonly bytes: number; readonly sha256: string };

/** Before the first line. */
export const logStart: LogPlace = { seq: 0, bytes: 0, sha256: '0'.repeat(64) };

/** Of a line with its newline: 64 kB. */
export const maxLineBytes = 65_536;
