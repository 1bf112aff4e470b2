import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@orch/cache';
import type { Digest, JsonObject, OrchEvent } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainResume } from '../index.ts';
import type { PlannedUnit } from '../index.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { ask, each, jobOf, step, write } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { linesOf, nameOf, reusedOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';
import { anyEdit, anySketches, stepsOf } from '../testing/sketch.ts';

const speaker = probe((_, input) => (input as JsonObject)['say'] ?? null);
const relaxed = { durability: 'relaxed', kinds: [speaker] } as const;

test('what a forecast says of a step or item comes true, whatever was edited', { timeout: 60_000 }, async () => {
  const from = fc.option(fc.nat(5), { nil: undefined, freq: 2 });
  const law = fc.asyncProperty(anySketches, anyEdit, from, async (sketches, edit, at) => {
    const base = tempDir((remove) => removals.push(remove));
    const first = await runJob(stepsOf(sketches), { ...relaxed, runsDir: base });
    const edited = stepsOf(edit(sketches));
    const options = at === undefined ? {} : { from: `s${at % edited.length}` };
    const plan = await explainResume(first.dir, jobOf(edited), { ...options, kinds: [speaker] });
    const second = await resumeJob(first.dir, edited, { ...relaxed, ...options });
    expect(second.result.status).toBe('succeeded');
    const [before, after] = [outputsOf(first.events), outputsOf(linesOf(first.dir))];
    const ran = new Set(unitsOf(second.events, 'step.started'));
    const reused = new Set(reusedOf(second.events));
    const hasChanged = (id: string) => before.get(id) !== after.get(id);
    const told = new Map(plan.units.map((unit) => [nameOf(unit), unit]));
    for (const unit of [...ran, ...reused]) expect(told.has(unit) || unit.includes('/')).toBe(true);
    for (const [name, unit] of told) {
      if (!ran.has(name) && !reused.has(name))
        expect(name).toContain('/'); // an item that the new list has not
      else expect([name, unit, ran.has(name)]).toEqual([name, unit, comesTrue(unit, ran.has(name), hasChanged)]);
    }
  });
  const removals: (() => void)[] = [];
  await fc.assert(law, { numRuns: 40 }).finally(() => removals.forEach((remove) => remove()));
});

describe('a forecast', () => {
  const steps = [
    step('a', { fields: { say: 'A' } }),
    step('b', { needs: ['a'], fields: { say: 'B' } }),
    step('many', { needs: ['b'], each: each('x', 'y'), fields: { say: '{{ item }}' } }),
    step('c', { needs: ['many'], fields: { say: 'C' } }),
    step('d', { fields: { say: 'D' } }),
  ];
  const edited = [step('a', { fields: { say: 'other' } }), ...steps.slice(1)];
  const told = async (dir: string, job = steps, options = {}) => {
    const { units } = await explainResume(dir, jobOf(job), { kinds: [speaker], ...options });
    return units.map((unit) => `${nameOf(unit)}: ${unit.will}${'on' in unit ? ` on ${unit.on.join()}` : ''}`);
  };

  test('tells apart what will run and what only may, and on whose output that depends', async () => {
    const { dir } = await runJob(steps, { ...relaxed, runsDir: tempDir() });
    expect(await told(dir, edited)).toEqual([
      'a: run',
      'd: reuse',
      'b: run_if_changed on a',
      'many: run_if_changed on a',
      'many/x: run_if_changed on a',
      'many/y: run_if_changed on a',
      'c: run_if_changed on a',
    ]);
    expect((await told(dir)).every((line) => line.endsWith(': reuse'))).toBe(true);
    expect(await told(dir, steps, { from: 'many' })).toEqual([
      'a: reuse',
      'd: reuse',
      'b: reuse',
      'many: run',
      'many/x: run',
      'many/y: run',
      'c: run',
    ]);
    expect(await told(dir, edited, { only: 'b' })).toEqual(['a: run', 'b: run_if_changed on a']);
    expect(await told(dir, steps, { limit: 1 })).toContain('many: run');
  });

  test('knows that items which follow others do not run again', async () => {
    const following = [
      step('first', { each: each('x', 'y'), fields: { say: '{{ item }}' } }),
      step('second', { needs: ['first'], each: { from: 'first', max_items: 9 }, fields: { say: '{{ item.output }}' } }),
    ];
    const { dir } = await runJob(following, { ...relaxed, runsDir: tempDir() });
    expect((await told(dir, following)).every((line) => line.endsWith(': reuse'))).toBe(true);
    const { events } = await resumeJob(dir, following, relaxed);
    expect(unitsOf(events, 'step.started')).toEqual([]);
  });

  test('of a run whose process died says that what was open, and what comes after, will run', async () => {
    const { dir } = await runJob(steps, { ...relaxed, plan: { concurrency: 1 }, runsDir: tempDir() });
    cutLog(dir, { lines: 1 + linesOf(dir).findIndex(({ type, item }) => type === 'step.started' && item === 'y') });
    expect(await told(dir)).toEqual([
      'a: reuse',
      'd: reuse',
      'b: reuse',
      'many: run',
      'many/x: reuse',
      'many/y: run',
      'c: run',
    ]);
  });

  test('adds up what is saved, and knows whether a model will be asked', async () => {
    const usage = { tokensIn: 5, tokensOut: 7 };
    const { provider } = scripted(() => ({ text: 'answer', finishReason: 'stop', usage }));
    const asking = [ask('q'), ask('r', { fields: { prompt: 'other', output: 'text' } }), step('p', { needs: ['q'] })];
    const { dir } = await runJob(asking, { ...relaxed, provider, runsDir: tempDir() });
    const explain = (from?: string) => explainResume(dir, jobOf(asking), { kinds: [speaker], from });
    expect(await explain()).toMatchObject({ saved: { calls: 2, tokensIn: 10, tokensOut: 14 }, asking: [] });
    expect(await explain('p')).toMatchObject({ saved: { calls: 2 }, asking: [] });
    expect(await explain('q')).toMatchObject({ saved: { calls: 1, tokensIn: 5, tokensOut: 7 }, asking: [{ id: 'q' }] });
  });

  test('asks for a model also when a step only may ask it', async () => {
    const { provider } = scripted(() => 'answer');
    const asking = (note: string) => [step('p', { fields: { say: 'P', note } }), ask('q', { needs: ['p'] })];
    const { dir } = await runJob(asking('one'), { ...relaxed, provider, runsDir: tempDir() });
    const plan = await explainResume(dir, jobOf(asking('two')), { kinds: [speaker] });
    expect(plan).toMatchObject({ asking: [{ id: 'q' }], units: [{ will: 'run' }, { will: 'run_if_changed' }] });
  });

  test.each(['an output', 'a file'])(
    'names the blob of %s that is gone, unless it has to be made anyway',
    async (what) => {
      const large = 'x'.repeat(20_000);
      const job = [step('big', { fields: { say: large } }), write('file', { 'f.txt': 'F' })];
      const { dir } = await runJob(job, { ...relaxed, runsDir: tempDir() });
      const digest = sha256(what === 'an output' ? large : 'F');
      rmSync(join(dir, 'artifacts', digest.slice(0, 2), digest));
      if (what === 'a file') {
        expect(await told(dir, job)).toEqual(['big: reuse', 'file: reuse']); // it stands there as it was left
        rmSync(join(dir, 'outputs/test/f.txt'));
      }
      const gone = { code: 'corrupt_log', exit: 8, message: expect.stringContaining(digest) };
      await expect(told(dir, job)).rejects.toMatchObject(gone);
      const maker = what === 'an output' ? 'big' : 'file';
      expect(await told(dir, job, { from: maker })).toContain(`${maker}: run`);
    },
  );

  test('writes nothing, also where a resume would put files back', async () => {
    const { dir } = await runJob([...steps, write('w', { 'f.txt': 'F' })], { ...relaxed, runsDir: tempDir() });
    const left = copyRun(dir, tempDir());
    rmSync(join(left, 'outputs/test/f.txt'));
    const before = treeOf(left);
    await told(left, [...edited, write('w', { 'f.txt': 'F' })]);
    expect(treeOf(left)).toEqual(before);
  });

  test('of a folder without a log is not_found', async () => {
    await expect(told(join(tempDir(), 'job_0123456789ab'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

function treeOf(dir: string): readonly string[] {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8' }).toSorted();
  return paths.map((path) => {
    const stats = statSync(join(dir, path));
    return `${path} ${stats.mtimeMs} ${stats.isFile() ? sha256(readFileSync(join(dir, path))) : ''}`;
  });
}

/** Whether a unit runs, given what it did and which outputs changed. */
function comesTrue(unit: PlannedUnit, ran: boolean, hasChanged: (id: string) => boolean): boolean {
  if (unit.will !== 'run_if_changed') return unit.will === 'run';
  return ran && unit.on.some(hasChanged);
}

function outputsOf(events: readonly OrchEvent[]): Map<string, Digest> {
  const ends = events.flatMap((event) => (event.type === 'step.succeeded' ? [event] : []));
  return new Map(ends.map((event) => [nameOf(event), event.data.output.sha256]));
}
