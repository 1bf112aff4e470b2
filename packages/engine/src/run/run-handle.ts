import type { Json, Manifest, OrchEvent, RunState } from '@orch/contracts';

/** A run under way. Iterating gives its events from now on, each once it is on disc, and ends with the run. */
export interface RunHandle extends AsyncIterable<OrchEvent> {
  readonly jobId: string;
  /** Absolute path of the run's folder. */
  readonly dir: string;
  readonly result: Promise<RunResult>;
  cancel(reason?: string): void;
  /**
   * Answers the question of a step or item, in the name of a person. While the run goes on the step does too; after it
   * ended waiting, with the next attempt. Rejects with `usage` when nobody asked, or the answer does not fit.
   */
  answer(step: string, answer?: Json, how?: AnswerOptions): Promise<void>;
}

export type AnswerOptions = {
  readonly item?: string | undefined;
  /** False rejects: the step fails with `rejected`. True unless given. */
  readonly granted?: boolean | undefined;
  /** Who answers, for the log; `the caller` unless given. */
  readonly by?: string | undefined;
};

export type RunResult = {
  readonly jobId: string;
  readonly dir: string;
  readonly status: RunState;
  readonly manifest: Manifest;
};
