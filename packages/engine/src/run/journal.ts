import { checkEvent } from '@orch/contracts/schemas';
import type { Clock, EventData, EventType, Hider, OrchEvent, Where } from '@orch/contracts';
import { emptyRun, openLog, reduceRun } from '@orch/events';
import type { AnyEvent, KnownRun, LogPlace, LogWriter, OrchEvents, RunView } from '@orch/events';
import type { Durability } from '@orch/filestore';
import { hideValue } from '@orch/secrets';

type Reused = Extract<EventData['step.skipped'], { readonly reason: 'resume' }>['reused'][number];

/** The log of a run, its fold, and those who follow it. What the engine decides on is `state`; observers see what is synced. */
export type Journal = {
  readonly state: RunView;
  readonly log: LogWriter<OrchEvents>;
  /** Appends and folds at once; on disc with the next group. */
  push<T extends EventType>(type: T, data: EventData[T], where?: Where): void;
  /** Resolves when the event, and all before it, are on disc: effects wait for this. */
  append<T extends EventType>(type: T, data: EventData[T], where?: Where): Promise<void>;
  /** The step or item stays succeeded. Many of them share an event, which stands before the next one of another type. */
  reuse(unit: Reused): void;
  /** Resolves when everything is on disc and was shown to the observers. */
  settle(): Promise<void>;
};

export type JournalOptions = {
  readonly path: string;
  readonly jobId: string;
  readonly known: KnownRun;
  /** Up to there the log is known to be whole. */
  readonly watermark: LogPlace;
  readonly clock: Clock;
  readonly durability: Durability;
  /** Applied to what every event says. */
  readonly hider: Hider;
  /** Called with every event that was folded: those that the log held when it was opened, and each that is appended. */
  readonly onFold: (event: AnyEvent) => void;
  /** Called in order, once the event is on disc. */
  readonly onEvent: (event: OrchEvent, state: RunView) => void;
  /** The log can no longer be written: nothing more may start. */
  readonly onFailure: (error: unknown) => void;
};

/** Bytes of reused steps in one event, of the 64 kB a line may have. */
const reusedLimit = 48 * 1024;

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { path, jobId, clock, durability, hider, watermark, onFold, onEvent, onFailure } = options;
  const state = emptyRun(options.known);
  const log = await openLog(path, {
    ...{ jobId, clock, durability, watermark, check: checkEvent },
    onFound(event) {
      reduceRun(state, event);
      onFold(event);
    },
    onLanded(events) {
      try {
        for (const event of events) onEvent(event as OrchEvent, state);
      } catch (error) {
        onFailure(error);
      }
    },
    onFailure,
  });
  let reused: Reused[] = [];
  let reusedBytes = 0;

  const record: Journal['push'] = (type, data, where) => {
    const event = log.push(type, hideValue(data, hider), hideValue(where, hider)) as OrchEvent;
    reduceRun(state, event);
    onFold(event);
  };
  const tellReused = (): void => {
    if (reused.length === 0) return;
    const told = reused;
    reused = [];
    reusedBytes = 0;
    record('step.skipped', { reason: 'resume', reused: told });
  };
  const push: Journal['push'] = (type, data, where) => {
    tellReused();
    record(type, data, where);
  };

  return {
    state,
    log,
    push,
    async append(type, data, where) {
      push(type, data, where);
      await log.flush();
    },
    reuse(unit) {
      const bytes = Buffer.byteLength(JSON.stringify(unit)) + 1;
      if (reusedBytes + bytes > reusedLimit) tellReused();
      reused.push(unit);
      reusedBytes += bytes;
    },
    async settle() {
      tellReused();
      await log.sync();
    },
  };
}
