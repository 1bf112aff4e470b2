import { OrchError } from '@orch/contracts';
import type { JsonObject, OrchEvent, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainResume, traceRun } from '../index.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { ask, each, jobOf, step } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { linesOf, nameOf, resumeJob, reusedOf, runJob, unitsOf } from '../testing/run-job.ts';
import { cut, scripted } from '../testing/scripted.ts';
import { anyEdit, anySketches, stepsOf } from '../testing/sketch.ts';

/** Fails with its field `fail` when there is one, as long as `broken` says so; else says what its field `say` says. */
function speaker(broken = { now: true }) {
  return probe((_, input) => {
    const { say = null, fail = '' } = input as JsonObject;
    if (typeof fail === 'string' && fail.trim() !== '' && broken.now) {
      throw new OrchError('command_failed', fail, { retryable: false });
    }
    return say;
  });
}

const bad = (id: string, more: Partial<PlanStep> = {}): PlanStep =>
  step(id, { fields: { say: 'healed', fail: `no ${id}` }, on_failure: 'continue', ...more });
const tell = (id: string, need: string): PlanStep =>
  step(id, { needs: [need], fields: { say: `{{ steps.${need}.status }}` } });
const mixed = (more: Partial<PlanStep> = {}): PlanStep =>
  step('many', {
    each: each('a', 'bad', 'c'),
    fields: { say: '{{ item }}', fail: '{% if item == "bad" %}no{% endif %}' },
    on_failure: 'continue',
    ...more,
  });

describe('a failure that was continued', () => {
  const steps = [bad('x'), tell('after', 'x'), mixed(), tell('all', 'many')];

  test('stays as it was when the run is resumed, and so do its dependents', async () => {
    const broken = { now: true };
    const settings = { durability: 'relaxed', kinds: [speaker(broken)] } as const;
    const { dir, result } = await runJob(steps, { ...settings, runsDir: tempDir() });
    broken.now = false;
    const again = await resumeJob(dir, steps, settings);
    expect(unitsOf(again.events, 'step.started')).toEqual([]);
    expect(reusedOf(again.events).toSorted()).toEqual(['after', 'all', 'many', 'many/a', 'many/c']);
    expect(again.result.manifest).toMatchObject({
      status: 'succeeded',
      failures: [
        { step: 'x', code: 'command_failed', message: 'no x' },
        { step: 'many', item: 'bad' },
      ],
      steps: { x: { status: 'failed', attempts: 1 }, many: { items: { succeeded: 2, failed: 1 } } },
    });
    const { steps: before } = result.manifest;
    const statuses = (all: typeof before) => Object.entries(all).map(([id, { status, items }]) => [id, status, items]);
    expect(statuses(again.result.manifest.steps)).toEqual(statuses(before));
    const plan = await explainResume(dir, jobOf(steps), { kinds: [speaker()] });
    expect(plan.units.flatMap((unit) => (unit.will === 'reuse' ? [] : [[nameOf(unit), unit.will]]))).toEqual([
      ['x', 'stay_failed'],
      ['many/bad', 'stay_failed'],
    ]);
  });

  test.each<[string, object, string]>([
    ['--retry-failed', { retryFailed: true }, 'run_if_changed'],
    ['--from', { from: 'x' }, 'run'],
  ])('runs again with %s', async (_, more, after) => {
    const broken = { now: true };
    const settings = { durability: 'relaxed', kinds: [speaker(broken)] } as const;
    const job = steps.slice(0, 2);
    const { dir } = await runJob(job, { ...settings, runsDir: tempDir() });
    broken.now = false;
    const plan = await explainResume(dir, jobOf(job), { kinds: [speaker()], ...more });
    expect(plan.units.map(({ will }) => will)).toEqual(['run', after]);
    const again = await resumeJob(dir, job, { ...settings, ...more });
    expect(unitsOf(again.events, 'step.started')).toEqual(['x', 'after']);
    expect(again.result.manifest.failures).toEqual([]);
  });

  test('of an item asks for another answer with --retry-failed', async () => {
    const model = scripted(({ asked, messages }) =>
      messages[0]?.content === 'bad' && asked.sample === 0 ? cut('half') : 'whole',
    );
    const settings = { durability: 'relaxed', provider: model.provider, plan: { concurrency: 1 } } as const;
    const fields = { prompt: '{{ item }}', output: 'text' };
    const job = [ask('many', { each: each('good', 'bad'), fields, on_failure: 'continue' })];
    const { dir } = await runJob(job, { ...settings, runsDir: tempDir() });
    await resumeJob(dir, job, settings);
    expect(model.asked).toHaveLength(2);
    const { result } = await resumeJob(dir, job, { ...settings, retryFailed: true });
    expect(result.manifest.steps['many']).toMatchObject({ items: { succeeded: 2, failed: 0 } });
    expect(model.asked.map(({ asked }) => [asked.item, asked.sample])).toEqual([
      ['good', 0],
      ['bad', 0],
      ['bad', 1],
    ]);
  });

  test.each<[string, Partial<PlanStep>]>([
    ['other inputs', { fields: { say: 'healed', fail: 'other' } }],
    ['no word on going on without it', { on_failure: 'abort' }],
  ])('runs again with %s', async (_, more) => {
    const settings = { durability: 'relaxed', kinds: [speaker()] } as const;
    const { dir } = await runJob([bad('x')], { ...settings, runsDir: tempDir() });
    const again = await resumeJob(dir, [bad('x', more)], settings);
    expect(unitsOf(again.events, 'step.started')).toEqual(['x']);
  });

  test('of an item runs again when the fan-out failed as a whole', async () => {
    const broken = { now: true };
    const settings = { durability: 'relaxed', kinds: [speaker(broken)] } as const;
    const job = [mixed({ min_success: 3 }), tell('all', 'many')];
    const { dir, result } = await runJob(job, { ...settings, runsDir: tempDir() });
    expect(result.status).toBe('failed');
    const before = await explainResume(dir, jobOf(job), { kinds: [speaker()] });
    expect(before.units.map((unit) => `${nameOf(unit)} ${unit.will}`)).toEqual([
      ...['many run', 'many/a reuse', 'many/bad run', 'many/c reuse', 'all run'],
    ]);
    broken.now = false;
    const again = await resumeJob(dir, job, settings);
    expect(unitsOf(again.events, 'step.started')).toEqual(['many', 'many/bad', 'all']);
    expect(again.result.status).toBe('succeeded');
  });

  test('runs again when it was lost in the middle of another try', async () => {
    const settings = { durability: 'relaxed', kinds: [speaker()] } as const;
    const { dir } = await runJob([bad('x')], { ...settings, runsDir: tempDir() });
    await resumeJob(dir, [bad('x')], { ...settings, retryFailed: true });
    const lines = linesOf(dir);
    cutLog(dir, { lines: 1 + lines.findLastIndex(({ type }) => type === 'step.started') });
    const again = await resumeJob(dir, [bad('x')], settings);
    expect(unitsOf(again.events, 'step.started')).toEqual(['x']);
  });
});

/** Something that goes wrong with a step, or does not take place. */
const anyTrouble = fc.record({
  fails: fc.constantFrom('', '', '', 'x', 'y', 'always'),
  when: fc.constantFrom(undefined, undefined, undefined, 'item != "y"', 'vars.n == 2', 'item.status == "succeeded"'),
  accepts: fc.boolean(),
});
type Trouble = typeof anyTrouble extends fc.Arbitrary<infer T> ? T : never;

/** The same steps, some of which fail, are skipped, or run although what they need did. The job succeeds all the same. */
function troubled(steps: readonly PlanStep[], troubles: readonly Trouble[]): PlanStep[] {
  return steps.map((one, at) => {
    const { fails, when, accepts } = troubles[at % troubles.length]!;
    const accept = Object.fromEntries(one.needs.map((need) => [need, ['succeeded', 'failed', 'skipped'] as const]));
    if (Array.isArray(one.fields['say'])) return { ...one, accept }; // what fans out over it could not do without
    const isItemwise = one.each !== undefined && 'from' in one.each;
    const name = isItemwise ? 'item.key' : 'item';
    const failing =
      one.each === undefined ? fails : `{% if ${name} == "${fails}" or "always" == "${fails}" %}no{% endif %}`;
    const asks = when !== undefined && (one.each !== undefined || !when.startsWith('item'));
    return {
      ...one,
      fields: { ...one.fields, fail: failing },
      on_failure: 'continue' as const,
      min_success: 0,
      ...(asks && { when }),
      ...(accepts && { accept }),
    };
  });
}

describe('whatever fails or is skipped without failing the job', { timeout: 60_000 }, () => {
  const settings = { durability: 'relaxed', kinds: [speaker()], plan: { vars: { n: 1 } } } as const;
  const removals: (() => void)[] = [];
  const base = () => tempDir((remove) => removals.push(remove));
  const troubles = fc.array(anyTrouble, { minLength: 1, maxLength: 4 });

  test('a resume of the run that ended runs nothing, and says the same; one of a run that was killed comes to it', async () => {
    const law = fc.asyncProperty(anySketches, troubles, fc.nat(), async (sketches, trouble, kill) => {
      const steps = troubled(stepsOf(sketches), trouble);
      const first = await runJob(steps, { ...settings, runsDir: base() });
      expect(first.result.status).toBe('succeeded');
      const lines = linesOf(first.dir).length;
      const killed = copyRun(first.dir, base());
      cutLog(killed, { lines: 1 + (kill % (lines - 1)) });

      const again = await resumeJob(first.dir, steps, settings);
      expect([unitsOf(again.events, 'step.started'), ends(again.events)]).toEqual([[], ends(first.events)]);
      expect(again.result.manifest.status).toBe('succeeded');
      const plan = await explainResume(first.dir, jobOf(steps, settings.plan), { kinds: [speaker()] });
      expect(plan.units.filter(({ will }) => !stands.has(will))).toEqual([]);

      const { events, result } = await resumeJob(killed, steps, settings);
      expect([result.status, ends(events)]).toEqual(['succeeded', ends(first.events)]);
      const { units } = await traceRun(killed, { kinds: [speaker()] });
      const untold = units.filter(({ status, inputs }) => status === 'succeeded' && inputs === undefined);
      expect(untold).toEqual([]);
    });
    await fc.assert(law, { numRuns: 40 }).finally(() => removals.forEach((remove) => remove()));
  });

  test('what a forecast says comes true, whatever was edited', async () => {
    const law = fc.asyncProperty(
      anySketches,
      anyEdit,
      fc.tuple(troubles, troubles),
      async (sketches, edit, [before, after]) => {
        const first = await runJob(troubled(stepsOf(sketches), before), { ...settings, runsDir: base() });
        const edited = troubled(stepsOf(edit(sketches)), after);
        const plan = await explainResume(first.dir, jobOf(edited, settings.plan), { kinds: [speaker()] });
        const { events } = await resumeJob(first.dir, edited, settings);
        const ran = new Set(unitsOf(events, 'step.started'));
        const ended = ends(events);
        const told = new Map(plan.units.map((unit) => [nameOf(unit), unit.will]));
        for (const unit of plan.units) {
          const name = nameOf(unit);
          if (unit.will === 'reuse' || unit.will === 'stay_failed')
            expect([name, ran.has(name)]).toEqual([name, false]);
          if (unit.will === 'skip')
            expect([name, ended[name]]).toEqual([name, expect.stringMatching(/^(condition|dependency)/)]);
          const needs = edited.find(({ id }) => id === unit.step)?.needs ?? [];
          const isSure = needs.every((need) => stands.has(told.get(need) ?? 'run'));
          if (unit.will === 'run' && isSure && unit.item === undefined)
            expect([name, ran.has(name)]).toEqual([name, true]);
        }
      },
    );
    await fc.assert(law, { numRuns: 40 }).finally(() => removals.forEach((remove) => remove()));
  });
});

const stands: ReadonlySet<string> = new Set(['reuse', 'stay_failed', 'skip']);

/** How every step and item ended. */
function ends(events: readonly OrchEvent[]): Record<string, string> {
  const told = events.flatMap((event): [string, string][] => {
    if (event.type === 'step.succeeded') return [[nameOf(event), 'succeeded']];
    if (event.type === 'step.failed') return [[nameOf(event), `failed: ${event.data.message}`]];
    if (event.type !== 'step.skipped') return [];
    if (event.data.reason !== 'resume') return [[nameOf(event), event.data.reason]];
    return event.data.reused.map((unit) => [nameOf(unit), 'succeeded']);
  });
  return Object.fromEntries(told.toSorted());
}
