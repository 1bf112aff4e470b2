import { expect } from 'vitest';
import type { Ended, Environment, LoggedEvent, Place } from './orch.ts';

type Steps = Readonly<Record<string, unknown>>;
type Around = { readonly env?: Environment; readonly job?: Readonly<Record<string, unknown>> };

/** Runs a job of these steps; `job` are its other fields. */
export async function runSteps(place: Place, steps: Steps, { env, job = {} }: Around = {}): Promise<Ended> {
  place.write({ 'job.yaml': { project: 'p', ...job, steps } });
  return place.orch(['run'], env);
}

export async function expectSuccess(place: Place, steps: Steps, around?: Around): Promise<void> {
  const { code, stdout, stderr } = await runSteps(place, steps, around);
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout });
}

export type Failure = {
  readonly step: string | undefined;
  readonly code: unknown;
  readonly message: string;
  readonly stdout: string;
};

/** Runs a job of which a step fails; returns what the log says of its last failure. */
export async function expectFailure(place: Place, steps: Steps, around?: Around): Promise<Failure> {
  const { code, stdout, stderr } = await runSteps(place, steps, around);
  expect({ code, stderr, stdout }).toEqual({ code: 1, stderr: '', stdout });
  expect(stdout).not.toMatch(/^ {4}at /m);
  const failed = eventsOf(place, 'step.failed').findLast(({ data }) => data['will_retry'] !== true);
  return { step: failed?.step, code: failed?.data['code'], message: String(failed?.data['message']), stdout };
}

/** The events of one type in the latest run. */
export function eventsOf(place: Place, type: string): LoggedEvent[] {
  return place.events().filter((event) => event.type === type);
}

/** What a step came to in the latest run. */
export function resultOf(place: Place, step: string): unknown {
  const ends = eventsOf(place, 'step.succeeded').filter((event) => event.step === step);
  const output = ends.find(({ item }) => item === undefined)?.data['output'];
  const { inline = '', media_type: type } = (output ?? {}) as { inline?: string; media_type?: string };
  return type === 'application/json' ? JSON.parse(inline) : inline;
}
