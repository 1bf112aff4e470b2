import type { JsonObject } from '@orch/contracts';
import type { OutputsForm } from './outputs.ts';

/** Known to every copy of this package: a job file may have another one than the program that runs it. */
const brand: unique symbol = Symbol.for('@orch/sdk/Job') as never;
declare const typed: unique symbol;

/** A job, defined and not yet run. `O`: what its run comes to. */
export interface Job<out O = unknown> {
  readonly [brand]: true;
  readonly [typed]?: O;
  /** What a YAML file with the same job would parse to. */
  readonly spec: JsonObject;
  /** Where its outputs are found when it has run. */
  readonly outputs: OutputsForm;
}

export function createJob<O>(spec: JsonObject, outputs: OutputsForm): Job<O> {
  return Object.freeze({ [brand]: true as const, spec, outputs });
}

export function isJob(value: unknown): value is Job {
  return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true;
}

/** What its file would hold. */
export const textOf = ({ spec }: Pick<Job, 'spec'>): string => `${JSON.stringify(spec, undefined, 2)}\n`;
