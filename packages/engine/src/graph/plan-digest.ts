import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { canonicalJson } from '@orch/cache';
import type { Digest, Plan, PlanStep } from '@orch/contracts';

/**
 * sha-256 of the canonical JSON of a plan to which steps are added one by one: the cost of each is that of the new
 * steps, not of all there are.
 */
export class PlanDigest {
  /** Has taken in everything up to the last step. */
  readonly #taken: Hash;
  readonly #rest: string;
  #isFirst = true;

  constructor(plan: Plan) {
    const { steps, ...others } = plan;
    const entries = Object.entries(others);
    const before = canonicalJson(Object.fromEntries(entries.filter(([key]) => key < 'steps')));
    const after = canonicalJson(Object.fromEntries(entries.filter(([key]) => key > 'steps')));
    this.#taken = createHash('sha256').update(`${before.slice(0, -1)}${before === '{}' ? '' : ','}"steps":[`);
    this.#rest = `]${after === '{}' ? '' : ','}${after.slice(1)}`;
    this.add(steps);
  }

  add(steps: readonly PlanStep[]): void {
    for (const step of steps) {
      this.#taken.update(`${this.#isFirst ? '' : ','}${canonicalJson(step)}`);
      this.#isFirst = false;
    }
  }

  get value(): Digest {
    return this.#taken.copy().update(this.#rest).digest('hex');
  }
}
