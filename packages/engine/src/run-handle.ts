import type { Manifest, OrchEvent, RunState } from '@orch/contracts';

/** A run under way. Iterating gives its events from now on, each once it is on disc, and ends with the run. */
export interface RunHandle extends AsyncIterable<OrchEvent> {
  readonly jobId: string;
  /** Absolute path of the run's folder. */
  readonly dir: string;
  readonly result: Promise<RunResult>;
  cancel(reason?: string): void;
}

export type RunResult = {
  readonly jobId: string;
  readonly dir: string;
  readonly status: RunState;
  readonly manifest: Manifest;
};
