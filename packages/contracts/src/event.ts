import type { EventData, Level } from './schemas/event.ts';

export type { EventData, GateResults, Level } from './schemas/event.ts';
export type { FileRef, OutputRef, RunCosts } from './schemas/parts.ts';

export type EventType = keyof EventData;

/** One line of a run's log. `seq` counts from 1 without gaps; `prev` is the sha-256 of the line before. */
export type OrchEvent<T extends EventType = EventType> = {
  [K in T]: {
    readonly seq: number;
    /** UTC, ISO 8601 with `Z`, never going back. */
    readonly ts: string;
    readonly level: Level;
    readonly job_id: string;
    readonly type: K;
    readonly step?: string;
    readonly item?: string;
    readonly data: EventData[K];
    readonly prev: string;
  };
}[T];

/** Where in a run an event belongs. */
export type Where = { readonly step?: string | undefined; readonly item?: string | undefined };
