import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Accepted, JsonObject, OrchEvent, PlanStep } from '@orch/contracts';
import { emptyRun, reduceRun, verifyLog } from '@orch/events';
import { tempDir } from '@orch/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { each, step } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { linesOf, nameOf, resumeJob, runJob } from '../testing/run-job.ts';
import { anySketches, stepsOf } from '../testing/sketch.ts';

/** Fails when its field `fail` says so, else says what its field `say` says; the second item is the fastest. */
const speaker = probe(async ({ item }, input) => {
  const { say = null, fail = '' } = input as JsonObject;
  for (let turn = 0; turn < (item === 'b' ? 1 : 3); turn++) await new Promise((resolve) => setImmediate(resolve));
  if (fail !== '') throw new OrchError('assertion', `no ${item ?? ''}`, { retryable: false });
  return say;
});

const settings = { durability: 'relaxed', kinds: [speaker] } as const;

const many = (more: Partial<PlanStep> = {}): PlanStep =>
  step('x', {
    each: each('a', 'b', 'c'),
    fields: { say: '{{ item }}', fail: '{% if item == "b" %}no{% endif %}' },
    ...more,
  });
const follow = (id: string, from: string, more: Partial<PlanStep> = {}): PlanStep =>
  step(id, { needs: [from], each: { from, max_items: 9 }, fields: { say: '{{ item.output }}' }, ...more });
const after = (id: string, need: string, accept: readonly Accepted[] = ['succeeded']): PlanStep =>
  step(id, {
    needs: [need],
    accept: { [need]: accept },
    fields: { say: `{{ steps.${need}.status }} {{ steps.${need}.items | map: "status" | join }}` },
  });

type Ends = Record<string, string>;

/** How every step and item ended the last time, and with what reason. */
function ends(events: readonly OrchEvent[]): Ends {
  return Object.fromEntries(events.flatMap(endsIn));
}

function endsIn(event: OrchEvent): [string, string][] {
  const { type, data } = event;
  if (type === 'step.succeeded') return [[nameOf(event), 'succeeded']];
  if (type === 'step.failed') return [[nameOf(event), 'failed']];
  if (type === 'step.canceled') return [[nameOf(event), `canceled: ${data.reason}`]];
  if (type !== 'step.skipped') return [];
  return data.reason === 'resume'
    ? data.reused.map((unit) => [nameOf(unit), 'succeeded'])
    : [[nameOf(event), data.reason]];
}

/** What holds of any attempt that ended: the log is whole, each step ends once, after all its items. */
async function requireWhole(dir: string, steps: readonly PlanStep[]): Promise<void> {
  expect(await verifyLog(join(dir, 'events.jsonl'))).toMatchObject({ ok: true });
  const lines = linesOf(dir);
  const state = emptyRun({ steps: steps.map(({ id }) => id) });
  for (const line of lines) reduceRun(state, line);
  expect(state.misfits).toEqual([]);
  const last = lines.slice(lines.findLastIndex(({ type }) => type === 'job.started'));
  const names = last.flatMap(endsIn).map(([name]) => name);
  expect(names.filter((name) => !name.includes('/')).toSorted()).toEqual(steps.map(({ id }) => id).toSorted());
  expect(new Set(names).size).toBe(names.length);
  for (const { id } of steps) {
    expect(names.findLast((name) => name === id || name.startsWith(`${id}/`))).toBe(id);
  }
}

describe.each([1, 2, 4])('an item that fails, with %i at once,', (concurrency) => {
  const run = async (steps: readonly PlanStep[], more: object = {}) => {
    const ran = await runJob(steps, { ...settings, runsDir: tempDir(), plan: { concurrency }, ...more });
    await requireWhole(ran.dir, steps);
    return { ...ran, ends: ends(ran.events) };
  };

  test.each<[string, Partial<PlanStep>, Accepted[]]>([
    ['of a step that skips its dependents', { on_failure: 'skip_dependents' }, ['skipped']],
    ['of a step for which something goes on further down', {}, ['succeeded', 'skipped']],
    ['too many, of a step that continues', { on_failure: 'continue', min_success: 3 }, ['skipped']],
  ])('%s lets those of the next step go on, which comes to nothing after them', async (_, more, accept) => {
    const steps = [many(more), follow('y', 'x'), after('z', 'y', accept), after('w', 'y'), follow('v', 'y')];
    const { result, ends: told, dir, events } = await run(steps);
    expect(result.status).toBe('failed');
    expect(told).toEqual({
      ...{ 'x/a': 'succeeded', 'x/b': 'failed', 'x/c': 'succeeded', x: 'failed' },
      ...{ 'y/a': 'succeeded', 'y/b': 'dependency_failed', 'y/c': 'succeeded', y: 'canceled: dependency_failed' },
      ...{ 'v/a': 'succeeded', 'v/b': 'dependency_skipped', 'v/c': 'succeeded', v: 'canceled: dependency_skipped' },
      ...{ z: 'succeeded', w: 'dependency_skipped' },
    });
    const said = events.flatMap((event) =>
      event.type === 'step.succeeded' && event.step === 'z' ? [event.data.output] : [],
    );
    expect(said).toMatchObject([{ inline: 'skipped succeeded skipped succeeded' }]);
    const again = await resumeJob(dir, steps, { ...settings, plan: { concurrency } });
    expect(ends(again.events)).toEqual(told);
    await requireWhole(dir, steps);
  });

  test('fails its step before those that need it are skipped, and for that', async () => {
    const { ends: told, events } = await run([many(), after('r', 'x')]);
    expect(told).toMatchObject({ x: 'failed', r: 'dependency_failed' });
    const order = events.flatMap((event) => endsIn(event).map(([name]) => name));
    expect(order.indexOf('x')).toBeLessThan(order.indexOf('r'));
  });

  test('and is accepted, there or further down, ends nothing with --fail-fast', async () => {
    const steps = [
      ...[step('slow', { fields: { say: 'done' } }), after('aft', 'slow')],
      ...[many(), after('mid', 'x'), after('roll', 'mid', ['skipped'])],
    ];
    const { ends: told } = await run(steps, { failFast: true });
    expect(told).toMatchObject({ slow: 'succeeded', aft: 'succeeded', mid: 'dependency_failed', roll: 'succeeded' });
    expect(told).toMatchObject({ 'x/c': 'succeeded', x: 'failed' });
  });
});

test('a failure that is accepted further down ends nothing with --fail-fast, and one that is not ends what runs', async () => {
  const bad = step('bad', { fields: { fail: 'no' } });
  const steps = [
    step('slow', { fields: { say: 'done' } }),
    bad,
    after('mid', 'bad'),
    after('roll', 'mid', ['skipped']),
  ];
  const run = async (job: readonly PlanStep[]) =>
    ends((await runJob(job, { ...settings, runsDir: tempDir(), failFast: true })).events);
  expect(await run(steps)).toEqual({ slow: 'succeeded', bad: 'failed', mid: 'dependency_failed', roll: 'succeeded' });
  expect(await run([...steps.slice(0, 3), after('roll', 'mid', ['failed'])])).toMatchObject({ mid: 'job_failed' });
});

test(
  'a run with an item that failed goes on from every line of its log to the same end',
  { timeout: 60_000 },
  async () => {
    const steps = [many({ on_failure: 'skip_dependents' }), follow('y', 'x'), after('z', 'y', ['skipped'])];
    const { dir, events } = await runJob(steps, { ...settings, runsDir: tempDir() });
    for (let lines = 1; lines < linesOf(dir).length; lines++) {
      const killed = copyRun(dir, tempDir());
      cutLog(killed, { lines });
      const again = await resumeJob(killed, steps, settings);
      expect([lines, ends(again.events)]).toEqual([lines, ends(events)]);
      await requireWhole(killed, steps);
    }
  },
);

/** What a step comes to, and what others make of it. */
const anyTrouble = fc.record({
  fails: fc.constantFrom('', '', 'x', 'y', 'always'),
  on_failure: fc.constantFrom('abort', 'skip_dependents', 'skip_dependents', 'continue', 'continue'),
  min_success: fc.nat(2),
  accept: fc.option(fc.subarray<Accepted>(['succeeded', 'failed', 'skipped'], { minLength: 1 }), { freq: 2 }),
});
type Trouble = typeof anyTrouble extends fc.Arbitrary<infer T> ? T : never;

function troubled(steps: readonly PlanStep[], troubles: readonly Trouble[]): PlanStep[] {
  return steps.map((one, at) => {
    const { fails, on_failure, min_success, accept } = troubles[at % troubles.length]!;
    const name = one.each !== undefined && 'from' in one.each ? 'item.key' : 'item';
    const condition = `{% if ${name} == "${fails}" or "always" == "${fails}" %}no{% endif %}`;
    return {
      ...one,
      fields: { ...one.fields, fail: one.each === undefined ? fails : condition },
      ...{ on_failure, min_success },
      ...(accept !== null && { accept: Object.fromEntries(one.needs.map((need) => [need, accept])) }),
    };
  });
}

test(
  'whatever fails, each step ends once, after its items; a run that was killed comes to the same',
  { timeout: 60_000 },
  async () => {
    const removals: (() => void)[] = [];
    const folder = () => tempDir((remove) => removals.push(remove));
    const scene = fc.record({
      sketches: anySketches,
      troubles: fc.array(anyTrouble, { minLength: 1, maxLength: 5 }),
      concurrency: fc.integer({ min: 1, max: 4 }),
      kill: fc.nat(),
      failFast: fc.boolean(),
    });
    const law = fc.asyncProperty(scene, async ({ sketches, troubles, concurrency, kill, failFast }) => {
      const steps = troubled(stepsOf(sketches), troubles);
      const same = { ...settings, plan: { concurrency }, failFast };
      const { dir, events, result } = await runJob(steps, { ...same, runsDir: folder() });
      await requireWhole(dir, steps);
      const killed = copyRun(dir, folder());
      cutLog(killed, { lines: 1 + (kill % (linesOf(dir).length - 1)) });
      const again = await resumeJob(killed, steps, same);
      await requireWhole(killed, steps);
      expect(again.result.status).toBe(result.status);
      const [before, now] = [ends(events), ends(again.events)];
      if (![...Object.values(before), ...Object.values(now)].some(isCutOff)) expect(now).toEqual(before);
    });
    await fc.assert(law, { numRuns: 25 }).finally(() => removals.forEach((remove) => remove()));
  },
);

/** How far a run came that ended early is a matter of time. */
function isCutOff(end: string): boolean {
  return /job_failed|job_ended|canceled: canceled/.test(end);
}
