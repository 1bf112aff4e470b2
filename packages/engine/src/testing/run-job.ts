import type { OrchEvent, Plan, PlanStep, Where } from '@orch/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resumeRun, startRun } from '../index.ts';
import type { EnginePorts, ResumeRunOptions, RunHandle, RunOptions, RunResult } from '../index.ts';
import { jobOf } from './plan.ts';

type Around = Partial<EnginePorts> & {
  readonly plan?: Partial<Plan> | undefined;
  readonly jobDir?: string | undefined;
};

export type StartSettings = Around & RunOptions;
export type ResumeSettings = Around & ResumeRunOptions;

export type Ran = {
  /** Of this attempt, as observers saw them. */
  readonly events: readonly OrchEvent[];
  readonly result: RunResult;
  readonly dir: string;
};

/** A first attempt, from its start to its end. */
export async function runJob(steps: readonly PlanStep[], settings: StartSettings): Promise<Ran> {
  return ended(startRun(jobOf(steps, settings.plan, settings.jobDir), portsOf(settings), settings));
}

/** The next attempt. */
export async function resumeJob(dir: string, steps: readonly PlanStep[], settings: ResumeSettings = {}): Promise<Ran> {
  return ended(resumeRun(dir, jobOf(steps, settings.plan, settings.jobDir), portsOf(settings), settings));
}

/** All lines of a run's log. */
export function linesOf(dir: string): OrchEvent[] {
  const lines = readFileSync(join(dir, 'events.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as OrchEvent);
}

/** `step` or `step/item` of the events of a type. */
export function unitsOf(events: readonly OrchEvent[], type: OrchEvent['type']): string[] {
  return events.flatMap((event) => (event.type === type ? [nameOf(event)] : []));
}

/** Those that stay as they were. */
export function reusedOf(events: readonly OrchEvent[]): string[] {
  const skips = events.flatMap(({ type, data }) =>
    type === 'step.skipped' && data.reason === 'resume' ? data.reused : [],
  );
  return skips.map(nameOf);
}

export function nameOf({ step = '', item }: Where): string {
  return item === undefined ? step : `${step}/${item}`;
}

export function portsOf(around: Partial<EnginePorts>): EnginePorts {
  const { commandEnv = {}, provider, providers, hider, kinds, clock, ids, compileSteps, tools } = around;
  return { commandEnv, provider, providers, hider, kinds, clock, ids, compileSteps, tools };
}

async function ended(handle: RunHandle): Promise<Ran> {
  const events: OrchEvent[] = [];
  for await (const event of handle) events.push(event);
  return { events, result: await handle.result, dir: handle.dir };
}
