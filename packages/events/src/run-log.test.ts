import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkEvent, manifest } from '@orch/contracts/schemas';
import type { OrchEvent } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyRun, foldLog, logStart, openLog, reduceRun, toManifest, verifyLog } from './index.ts';
import type { AnyEvent, LogPlace, RunView } from './index.ts';
import { playAttempt } from './testing/play-attempt.ts';
import type { AttemptScript, Deed, Tell } from './testing/play-attempt.ts';
import { a, b, eventMaker, jobId } from './testing/sample-events.ts';

const steps = ['one', 'two', 'each'];
const known = { jobId, steps };

const deed = fc.record<Deed>({
  does: fc.constantFrom<Deed['does'][]>(
    ...(['succeed', 'reuse', 'leave open', 'retry', 'fail'] as const),
    ...(['fail unstarted', 'fail again', 'skip', 'condition', 'wait', 'cancel'] as const),
  ),
  step: fc.constantFrom(...steps),
  item: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  inputHash: fc.constantFrom(a, b),
});
const attemptOf = (maxLength: number) =>
  fc.record<AttemptScript>({
    deeds: fc.array(deed, { maxLength }),
    ends: fc.constantFrom('succeeded', 'failed', 'paused', 'waiting', 'died'),
  });
const runOf = (most: { attempts: number; deeds: number }) =>
  fc.array(attemptOf(most.deeds), { minLength: 1, maxLength: most.attempts });

/** The events of a run, made in memory. */
function eventsOf(attempts: readonly AttemptScript[]): OrchEvent[] {
  const make = eventMaker();
  const events: OrchEvent[] = [];
  const run = emptyRun(known);
  const tell: Tell = (type, data, where = {}) => {
    const event = make(type, data, where as never);
    events.push(event);
    reduceRun(run, event);
  };
  for (const each of attempts) playAttempt(run, tell, each);
  return events;
}

test('at every prefix of a run of several attempts all steps are completed or pending, and what ended stays ended', () => {
  fc.assert(
    fc.property(runOf({ attempts: 4, deeds: 10 }), (attempts) => {
      const run = emptyRun(known);
      for (const event of eventsOf(attempts)) {
        const { attempt: before } = run;
        const ended = endedUnits(run);
        reduceRun(run, event);
        if (run.attempt === before) expect(endedUnits(run)).toMatchObject(ended);
        const told = manifest.parse(toManifest(run, logStart));
        const { completed_steps: completed, pending_steps: pending, steps: summaries } = told;
        expect([...completed, ...pending].toSorted()).toEqual(steps.toSorted());
        for (const [id, { items }] of Object.entries(summaries)) expect(items).toEqual(countItems(run, id));
      }
      expect(run.misfits).toEqual([]);
    }),
  );
});

/** Those that this attempt met, or whose step was kept; found the slow way. */
function countItems(run: RunView, id: string) {
  const step = run.steps.get(id);
  const items = [...(step?.items.values() ?? [])];
  if (items.length === 0) return undefined;
  const met = items.filter(({ carried }) => step?.carried || !carried).map(({ status }) => status);
  const count = (status: string) => met.filter((one) => one === status).length;
  return {
    ...{ total: met.length, succeeded: count('succeeded') },
    ...{ failed: count('failed'), skipped: count('skipped') },
  };
}

function endedUnits(run: RunView): Record<string, string> {
  const units = [...run.steps].flatMap(([id, step]) => [
    [id, step] as const,
    ...[...step.items].map(([key, item]) => [`${id}/${key}`, item] as const),
  ]);
  const terminal = ['succeeded', 'failed', 'skipped', 'canceled'];
  const ended = units.filter(([, { status, carried }]) => terminal.includes(status) && !carried);
  return Object.fromEntries(ended.map(([name, { status }]) => [name, status]));
}

/** Opens a log, folds what it holds, and plays attempts that go on from there. */
async function playOn(path: string, attempts: readonly AttemptScript[], watermark?: LogPlace) {
  const run = emptyRun(known);
  const events: OrchEvent[] = [];
  const places: LogPlace[] = [];
  const onFound = (event: AnyEvent) => void reduceRun(run, event);
  const log = await openLog(path, { jobId, durability: 'relaxed', check: checkEvent, watermark, onFound });
  const found = structuredClone(run);
  const tell: Tell = (type, data, where) => {
    const event = log.push(type, data, where) as OrchEvent;
    reduceRun(run, event);
    events.push(event);
    places.push(log.last);
  };
  for (const each of attempts) playAttempt(run, tell, each);
  await log.close();
  return { run, found, events, places };
}

test('a run log cut near the end of any line, or anywhere, opens with the state of its whole lines and goes on', async () => {
  const dir = tempDir();
  const random = fc.array(fc.nat(), { minLength: 8, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(runOf({ attempts: 2, deeds: 5 }), attemptOf(4), random, async (attempts, next, numbers) => {
      const path = freshPath(dir);
      const { events, places } = await playOn(path, attempts);
      const bytes = readFileSync(path);
      const cuts = places.flatMap((place) => [place.bytes - 1, place.bytes, place.bytes + 1]);
      for (const [n, cut] of [...cuts, ...numbers.map((number) => number % bytes.length)].entries()) {
        if (cut > bytes.length) continue;
        const whole = places.filter((place) => place.bytes <= cut);
        const watermark = whole[(numbers[n % 8] ?? 0) % (whole.length + 1)];
        const copy = freshPath(dir);
        writeFileSync(copy, bytes.subarray(0, cut));
        const { run, found } = await playOn(copy, [next], watermark);

        const kept = events.slice(0, whole.length).reduce<RunView>(reduceRun, emptyRun(known));
        expect({ ...found, seq: kept.seq, ts: kept.ts }).toEqual(kept);
        expect(run.misfits).toEqual([]);
        expect(plain(foldLog(copy, { known, watermark }).state)).toEqual(run);
        expect(plain(foldLog(copy, { known }).state)).toEqual(run);
        expect(await verifyLog(copy, watermark)).toMatchObject({ ok: true });
        const safe = whole.at(-1)?.bytes ?? 0;
        expect(readFileSync(copy).compare(bytes, 0, safe, 0, safe)).toBe(0);
      }
    }),
    { numRuns: 12 },
  );
});

/** With what is read from the log only when it is asked for. */
function plain(run: RunView): RunView {
  for (const step of run.steps.values()) {
    for (const unit of [step, ...step.items.values()]) {
      if (unit.success) unit.success = { seq: unit.success.seq, data: unit.success.data };
    }
  }
  return run;
}

let count = 0;

/** Of a log alone in its folder. */
function freshPath(dir: string): string {
  const folder = join(dir, String(++count));
  mkdirSync(folder);
  return join(folder, 'events.jsonl');
}
