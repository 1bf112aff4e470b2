import type { Clock, Ids, OrchEvent, Provider, StepKind } from '@orch/contracts';
import type { Durability } from '@orch/filestore';

/** What a run is lent from outside. */
export type EnginePorts = {
  /** Who answers; needed only by jobs with steps that ask a model. */
  readonly provider?: Provider | undefined;
  /** Who answers in a frozen run what the cache does not know: recorded replies. */
  readonly recordings?: Provider | undefined;
  /** The environment commands may see, already reduced to what is allowed. */
  readonly commandEnv: Readonly<Record<string, string>>;
  readonly clock?: Clock | undefined;
  readonly ids?: Ids | undefined;
  /** Step kinds beside the built-in ones, by name. */
  readonly kinds?: readonly StepKind[] | undefined;
};

export type RunOptions = {
  /** The folder of all runs. */
  readonly runsDir: string;
  /** Run this step and what it needs, nothing else. */
  readonly only?: string | undefined;
  /** Call nobody: replies come from the cache or from recordings, and a miss fails its step with what differs. */
  readonly frozen?: boolean | undefined;
  /** Take at most so many items of each fan-out. */
  readonly limit?: number | undefined;
  /** `strict` (default) syncs before it acknowledges; `relaxed` loses nothing when the process dies, only when the machine does. */
  readonly durability?: Durability | undefined;
  /** Ends the run at once: what is in flight is ended too. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the run gently: nothing more starts, and what is in flight has `graceMs` to finish. */
  readonly drain?: AbortSignal | undefined;
  /** Milliseconds; 10 000 unless given. */
  readonly graceMs?: number | undefined;
  /** The first failure ends what is in flight, instead of letting it finish. */
  readonly failFast?: boolean | undefined;
  /** Called with each event, once it is on disc. */
  readonly onEvent?: ((event: OrchEvent) => void) | undefined;
  /** The id of the new run; a fresh one unless given. */
  readonly jobId?: string | undefined;
};

/** How a run goes on. */
export type ResumeOptions = {
  /** Run this step and all that needs it anew, whatever they came to before. */
  readonly from?: string | undefined;
  /** What failed asks for other answers than those it failed with. */
  readonly retryFailed?: boolean | undefined;
};
