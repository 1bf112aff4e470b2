import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { OrchEvent } from '../../packages/contracts/src/index.ts';
import type { Control } from './control.ts';
import type { Call } from './provider.ts';
import { childrenOf, familyOf, nameOf, readEntries, readEvents, startOf } from './run-files.ts';
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
  const family = familyOf(seen.run).map((dir): Told => ({ dir, events: readEvents(dir), entries: readEntries(dir) }));
  const events = family.flatMap((run) => run.events);
  return [
    ...family.flatMap((run) => [
      ...attemptsRise(run.events),
      ...nothingDoneTwice(run.events),
      ...nothingAskedTwice(run.events),
      ...oneChildEach(run),
      ...everyAnswerTold(run),
      ...noToolCalledAgain(run.events),
    ]),
    ...nothingPaidTwice(
      seen,
      family.flatMap(({ entries }) => entries),
    ),
    ...effectsAfterEvents(seen, events),
    ...toolsAfterEvents(seen, events),
    ...nobodySurvives(seen.dir),
  ];
}

/** What a run, or one within it, keeps. */
type Told = { readonly dir: string; readonly events: readonly OrchEvent[]; readonly entries: readonly Entry[] };

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

/** A person is asked once for the same inputs, and each answer counts once. */
function nothingAskedTwice(events: readonly OrchEvent[]): string[] {
  const met = new Set<string>();
  return events.flatMap((event) => {
    const { type, seq } = event;
    if (type !== 'approval.requested' && type !== 'approval.granted' && type !== 'approval.rejected') return [];
    const what = `${type === 'approval.requested' ? 'question' : 'answer'} of ${nameOf(event)}`;
    const name = `${what} with inputs ${event.data.input_hash.slice(0, 12)}`;
    if (met.has(name)) return [`a second ${name} (seq ${seq})`];
    met.add(name);
    return [];
  });
}

/** The inputs of a step stay the same here, so it has one run; and that has told who began it. */
function oneChildEach({ dir }: Told): string[] {
  const children = childrenOf(dir);
  const names = new Set(children.map(({ name }) => name));
  const strangers = children.flatMap((child) => {
    const parent = startOf(child.dir)?.data.parent;
    const found = parent && `${parent.job_id} ${nameOf(parent)}`;
    return found === `${basename(dir)} ${child.name}` ? [] : [`${child.dir} is that of ${found}, not of ${child.name}`];
  });
  const more = names.size === children.length ? [] : [`${children.length} runs for ${names.size} steps of ${dir}`];
  return [...strangers, ...more];
}

/** Each call is that of one kept answer, or was lost with its process. Runs may keep the answer of another one. */
function nothingPaidTwice({ calls, killed, control }: Seen, all: readonly Entry[]): string[] {
  const entries = [...new Map(all.map((entry) => [`${entry.key} ${entry.call}`, entry])).values()];
  const keys = new Set(entries.map(({ key }) => key));
  const kept = new Set(entries.map(({ call }) => call));
  const lost = calls.filter(({ number }) => !kept.has(number));
  const wasted = lost.filter(({ asker }) => !killed.has(asker));
  const unknown = entries.filter(({ key }) => !control.keys.has(key));
  return [
    ...wasted.map(
      ({ number, asker, question }) => `call ${number} of ${asker}, which nobody killed, was not kept: ${question}`,
    ),
    ...(kept.size === entries.length ? [] : ['one call is kept under two keys']),
    ...(keys.size === entries.length ? [] : [`${entries.length} answers are kept under ${keys.size} keys`]),
    ...(calls.length === entries.length + lost.length
      ? []
      : [`${calls.length} calls, ${entries.length} answers, ${lost.length} lost`]),
    ...unknown.map(({ key }) => `an answer was kept under ${key}, which an undisturbed run does not ask for`),
  ];
}

function everyAnswerTold({ dir, events, entries }: Told): string[] {
  const own = entries.filter(({ jobId }) => jobId === basename(dir));
  const told = new Set(events.flatMap((event) => (event.type === 'llm.response' ? [event.data.request_id] : [])));
  const untold = own.filter(({ requestId }) => !told.has(requestId));
  return untold.map(
    ({ call, requestId }) => `the answer to call ${call} was kept, but no llm.response tells of ${requestId}`,
  );
}

/** What a tool has returned, the log knows: it answers every later attempt. */
function noToolCalledAgain(events: readonly OrchEvent[]): string[] {
  const returned = new Set<string>();
  return events.flatMap((event) => {
    if (event.type !== 'tool.called' && event.type !== 'tool.returned') return [];
    const call = `${event.data.call} of ${nameOf(event)}`;
    if (event.type === 'tool.returned') returned.add(call);
    else if (returned.has(call)) return [`tool call ${call} was made again after it had returned (seq ${event.seq})`];
    return [];
  });
}

function toolsAfterEvents({ dir }: Seen, events: readonly OrchEvent[]): string[] {
  const path = join(dir, 'used');
  const used = existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
  const called = events.filter(({ type }) => type === 'tool.called').length;
  return used <= called ? [] : [`tools were used ${used} times, and called ${called} times by the log`];
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
