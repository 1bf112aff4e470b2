import type { DagResult } from './run-dag.ts';

/** What has come up that decides how a run ends, and whether it is over before all its tasks are. */
export class Verdict {
  #parked = 0;
  #failed = false;
  #aborted = false;
  #canceled: 'drained' | 'at_once' | undefined;
  #cutOff = false;

  get status(): DagResult<unknown>['status'] {
    if (this.#canceled === 'at_once' || this.#cutOff) return 'canceled';
    if (this.#aborted) return 'failed';
    if (this.#parked > 0) return 'waiting';
    return this.#failed ? 'failed' : 'succeeded';
  }

  /** Whether nothing may start any more. */
  get stopped(): boolean {
    return this.#aborted || this.#canceled !== undefined;
  }

  /** Whether tasks were told to stop, so that their ends say nothing about what needs them. */
  get canceled(): boolean {
    return this.#canceled === 'at_once';
  }

  park(): void {
    this.#parked += 1;
  }

  unpark(): void {
    this.#parked -= 1;
  }

  /** A task failed, and it matters. */
  fail(): void {
    this.#failed = true;
  }

  /** A failure ends the run. */
  abort(): void {
    this.#aborted = true;
  }

  /** Somebody outside ends the run; what is under way ends as if nothing had happened. */
  drain(): void {
    this.#canceled ??= 'drained';
  }

  /** Somebody outside ends the run and all that is under way. */
  cancel(): void {
    this.#canceled = 'at_once';
  }

  /** A task is skipped because the run is over; the reason why. */
  cutOff(): 'aborted' | 'canceled' {
    this.#cutOff ||= this.#canceled !== undefined;
    return this.#canceled === undefined ? 'aborted' : 'canceled';
  }
}
