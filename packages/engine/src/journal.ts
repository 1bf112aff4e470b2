import { checkEvent } from '@orch/contracts/schemas';
import type { Clock, EventData, EventType, OrchEvent, Where } from '@orch/contracts';
import { emptyRun, openLog, reduceRun } from '@orch/events';
import type { KnownRun, LogWriter, OrchEvents, RunView } from '@orch/events';
import type { Durability } from '@orch/filestore';

/** The log of a run, its fold, and those who follow it. What the engine decides on is `state`; observers see what is synced. */
export type Journal = {
  readonly state: RunView;
  readonly log: LogWriter<OrchEvents>;
  /** Appends and folds at once; on disc with the next group. */
  push<T extends EventType>(type: T, data: EventData[T], where?: Where): void;
  /** Resolves when the event, and all before it, are on disc: effects wait for this. */
  append<T extends EventType>(type: T, data: EventData[T], where?: Where): Promise<void>;
  /** Resolves when everything is on disc and was shown to the observers. */
  settle(): Promise<void>;
};

export type JournalOptions = {
  readonly path: string;
  readonly jobId: string;
  readonly known: KnownRun;
  readonly clock: Clock;
  readonly durability: Durability;
  /** Called in order, once the event is on disc. */
  readonly onEvent: (event: OrchEvent, state: RunView) => void;
  /** The log can no longer be written: nothing more may start. */
  readonly onFailure: (error: unknown) => void;
};

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { path, jobId, clock, durability, onEvent, onFailure } = options;
  const log = await openLog(path, { jobId, clock, durability, check: checkEvent });
  const state = emptyRun(options.known);
  const unseen: OrchEvent[] = [];
  let showing: Promise<void> | undefined;

  const show = async (): Promise<void> => {
    while (unseen.length > 0) {
      const written = unseen.splice(0);
      await log.flush();
      for (const event of written) onEvent(event, state);
    }
    showing = undefined;
  };
  const push: Journal['push'] = (type, data, where) => {
    const event = log.push(type, data, where) as OrchEvent;
    reduceRun(state, event);
    unseen.push(event);
    if (showing !== undefined) return;
    showing = show();
    showing.catch(onFailure);
  };

  return {
    state,
    log,
    push,
    async append(type, data, where) {
      push(type, data, where);
      await log.flush();
    },
    async settle() {
      await log.flush();
      await showing;
    },
  };
}
