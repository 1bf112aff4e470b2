import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrchEvent } from '../../packages/contracts/src/index.ts';
import type { Control } from './control.ts';
import type { Call } from './provider.ts';
import { readEntries, readEvents } from './run-files.ts';
import type { Entry } from './run-files.ts';

/** A run that ended, and what the world around it saw. */
export type Seen = {
  /** Folders of the run and of its job. */
  readonly run: string;
  readonly dir: string;
  readonly calls: readonly Call[];
  /** Processes that were killed. */
  readonly killed: ReadonlySet<string>;
  readonly control: Control;
};

/** What a run did that it must never do, in words. */
export function brokenLaws(seen: Seen): string[] {
  const events = readEvents(seen.run);
  const entries = readEntries(seen.run);
  return [
    ...attemptsRise(events),
    ...nothingDoneTwice(events),
    ...nothingPaidTwice(seen, entries),
    ...everyAnswerTold(events, entries),
    ...effectsAfterEvents(seen, events),
    ...nobodySurvives(seen.dir),
  ];
}

function attemptsRise(events: readonly OrchEvent[]): string[] {
  const last = new Map<string, number>();
  return events.flatMap((event) => {
    if (event.type !== 'job.started' && event.type !== 'step.started') return [];
    const name = event.type === 'job.started' ? 'the job' : nameOf(event);
    const before = last.get(name) ?? 0;
    const { attempt } = event.data;
    last.set(name, attempt);
    const isNext = event.type === 'job.started' ? attempt === before + 1 : attempt > before;
    return isNext ? [] : [`attempt ${attempt} of ${name} follows attempt ${before} (seq ${event.seq})`];
  });
}

/** Stronger than within one attempt: what succeeded is reused by every later one. */
function nothingDoneTwice(events: readonly OrchEvent[]): string[] {
  const done = new Set<string>();
  return events.flatMap((event) => {
    if (event.type !== 'step.succeeded') return [];
    const what = `${nameOf(event)} with inputs ${event.data.input_hash.slice(0, 12)}`;
    if (done.has(what)) return [`${what} succeeded a second time (seq ${event.seq})`];
    done.add(what);
    return [];
  });
}

/** Each call is that of one kept answer, or was lost with its process. */
function nothingPaidTwice({ calls, killed, control }: Seen, entries: readonly Entry[]): string[] {
  const kept = new Set(entries.map(({ call }) => call));
  const lost = calls.filter(({ number }) => !kept.has(number));
  const wasted = lost.filter(({ asker }) => !killed.has(asker));
  const unknown = entries.filter(({ key }) => !control.keys.has(key));
  return [
    ...wasted.map(
      ({ number, asker, question }) => `call ${number} of ${asker}, which nobody killed, was not kept: ${question}`,
    ),
    ...(kept.size === entries.length ? [] : ['one call is kept under two keys']),
    ...(calls.length === entries.length + lost.length
      ? []
      : [`${calls.length} calls, ${entries.length} answers, ${lost.length} lost`]),
    ...unknown.map(({ key }) => `an answer was kept under ${key}, which an undisturbed run does not ask for`),
  ];
}

function everyAnswerTold(events: readonly OrchEvent[], entries: readonly Entry[]): string[] {
  const told = new Set(events.flatMap((event) => (event.type === 'llm.response' ? [event.data.request_id] : [])));
  const untold = entries.filter(({ requestId }) => !told.has(requestId));
  return untold.map(
    ({ call, requestId }) => `the answer to call ${call} was kept, but no llm.response tells of ${requestId}`,
  );
}

/** Never a call without its request, or a command without its start, in the log. */
function effectsAfterEvents({ calls, dir }: Seen, events: readonly OrchEvent[]): string[] {
  const requests = events.filter(({ type }) => type === 'llm.request').length;
  const starts = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'step.started') add(starts, event.data.input_hash);
  }
  const begins = new Map<string, number>();
  for (const { word, key } of readTrace(dir)) if (word === 'begin') add(begins, key);
  const early = [...begins].filter(([key, count]) => count > (starts.get(key) ?? 0));
  return [
    ...(calls.length <= requests ? [] : [`${calls.length} calls, but ${requests} requests in the log`]),
    ...early.map(
      ([key, count]) => `a command began ${count} times, its step ${starts.get(key) ?? 0} times (${key.slice(0, 12)})`,
    ),
  ];
}

/** When the next attempt runs, nothing of the one before lives. */
function nobodySurvives(dir: string): string[] {
  const trace = readTrace(dir);
  const living = livingGroups();
  return trace.flatMap(({ word, step, key, pid }, at) => {
    if (word !== 'begin') return [];
    const end = trace.findIndex((line) => line.word === 'end' && line.pid === pid);
    const next = trace.findIndex((line, index) => index > at && line.word === 'begin' && line.key === key);
    if (end === -1 && living.has(pid)) return [`a command of ${step} survives its process (group ${pid})`];
    return next !== -1 && end > next ? [`a command of ${step} ended after the next one began`] : [];
  });
}

type TraceLine = { readonly word: string; readonly step: string; readonly key: string; readonly pid: number };

export function readTrace(dir: string): TraceLine[] {
  const path = join(dir, 'trace');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [word = '', step = '', key = '', pid = ''] = line.split(' ');
      return { word, step, key, pid: Number(pid) };
    });
}

/** Process groups with a member that is more than an entry nobody has waited for. */
export function livingGroups(): Set<number> {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' });
  const members = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return new Set(members.flatMap(([pgid, state = '']) => (state.startsWith('Z') ? [] : [Number(pgid)])));
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function nameOf({ step = '', item }: OrchEvent): string {
  return item === undefined ? step : `${step}[${item}]`;
}
