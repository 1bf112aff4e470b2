import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import type { Json, JsonObject, OrchEvent, PlanStep, StepKind } from '@orch/contracts';
import { digestModule } from '@orch/spec';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { explainResume, readJob, traceRun } from '../index.ts';
import { compileSteps } from '../testing/compile-steps.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { each, jobOf, never, step } from '../testing/plan.ts';
import { linesOf, nameOf, resumeJob, reusedOf, runJob, unitsOf } from '../testing/run-job.ts';

const relaxed = { durability: 'relaxed' } as const;

type Adds = (name: string, scope: { readonly item: Json | undefined }) => JsonObject | undefined;

/** A kind of step that answers its own name and adds what its test says; notes each start. */
function adder(adds: Adds): { readonly kind: StepKind; readonly ran: string[] } {
  const ran: string[] = [];
  const kind: StepKind = {
    kind: 'probe',
    version: 1,
    input: { safeParse: (data) => ({ success: true, data }) },
    fingerprint: (input) => input as Json,
    async run(_, { step: id, item, scope }) {
      const name = item === undefined ? id : `${id}/${item}`;
      ran.push(name);
      await new Promise((resolve) => setImmediate(resolve));
      const steps = adds(name, { item: scope.item });
      return { status: 'succeeded', output: name, ...(steps && { steps }) };
    },
  };
  return { kind, ran };
}

const settings = (kind: StepKind) => ({ ...relaxed, kinds: [kind], compileSteps });

const plan = [step('a'), step('b', { needs: ['a'] }), step('other')];
/** `a` adds two, one after the other. */
const adds: Adds = (name) =>
  name === 'a'
    ? { x: {}, y: { needs: ['x'], fields: { got: '{{ steps.x.output }} {{ steps.a.output }}' } } }
    : undefined;

describe('a step that returns steps', () => {
  test('adds them to the run: after itself, with their own needs, and they are steps of it like all others', async () => {
    const { kind, ran } = adder(adds);
    const { result, events } = await runJob(plan, { ...settings(kind), runsDir: tempDir() });
    expect(result.status).toBe('succeeded');
    expect(ran.indexOf('x')).toBeGreaterThan(ran.indexOf('a'));
    expect(ran.indexOf('y')).toBeGreaterThan(ran.indexOf('x'));
    expect(Object.keys(result.manifest.steps)).toEqual(['a', 'b', 'other', 'x', 'y']);
    expect(result.manifest.completed_steps).toEqual(['a', 'b', 'other', 'x', 'y']);
    const order = events.map(({ type, step: id = '' }) => `${type} ${id}`);
    expect(order.indexOf('plan.extended a')).toBe(order.indexOf('step.succeeded a') - 1);
  });

  test('tells them in the log, with the digest of the plan they make', async () => {
    const { kind } = adder(adds);
    const { events } = await runJob(plan, { ...settings(kind), runsDir: tempDir() });
    const told = events.find((event) => event.type === 'plan.extended') as OrchEvent<'plan.extended'>;
    const steps = JSON.parse(told.data.steps.inline ?? '') as PlanStep[];
    const usual = { needs: ['a'] };
    expect(steps).toEqual([
      step('x', usual),
      step('y', { needs: ['x', 'a'], fields: { got: '{{ steps.x.output }} {{ steps.a.output }}' } }),
    ]);
    const { plan: own } = jobOf(plan);
    expect(told.data).toMatchObject({ by: 'a', count: 2 });
    expect(told.data.plan_hash).toBe(sha256(canonicalJson({ ...own, steps: [...plan, ...steps] })));
  });

  test('may add more than fit an event, fan-outs among them, and so may its items', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`s${n}`, { fields: { n } }]));
    const { kind, ran } = adder((name) => {
      if (name === 'many') return { ...many, fan: { each: each('p', 'q') } };
      if (name === 'fan/p') return { last: {} };
      return undefined;
    });
    const { result, dir } = await runJob([step('many')], { ...settings(kind), runsDir: tempDir() });
    expect(result.status).toBe('succeeded');
    expect(ran).toHaveLength(1 + 300 + 2 + 1);
    expect(ran.indexOf('last')).toBeGreaterThan(ran.indexOf('fan/q'));
    expect(result.manifest.steps['fan']?.items).toMatchObject({ total: 2, succeeded: 2 });
    const again = await resumeJob(dir, [step('many')], settings(kind));
    expect(again.result.status).toBe('succeeded');
    expect(ran).toHaveLength(304);
  });

  test.each<[string, JsonObject, string]>([
    [
      'are wrong',
      { x: { wrong: 'no such field' }, y: { wrong: 'nor this' } },
      'steps.x: no such field\nsteps.y: nor this',
    ],
    ['have an id that is taken', { other: {} }, 'steps.other: there is a step with this id already'],
    ['need a step that is not there', { x: { needs: ['gone'] } }, 'steps.x.needs: there is no step gone'],
    ['need each other', { x: { needs: ['y'] }, y: { needs: ['x'] } }, 'x → y → x'],
    ['are of a kind that is not there', { x: { kind: 'magic' } }, 'steps.x.kind: expected one of'],
  ])('that %s fails with `spec` and all that is wrong, and none of them joins', async (_, steps, message) => {
    const { kind, ran } = adder((name) => (name === 'a' ? steps : undefined));
    const retry = { ...never, tries: 2 };
    const { result, events } = await runJob([step('a', { retry }), ...plan.slice(1)], {
      ...{ ...settings(kind), runsDir: tempDir() },
    });
    expect(result.manifest.failures).toMatchObject([
      { step: 'a', code: 'spec', message: expect.stringContaining(message) },
    ]);
    expect(unitsOf(events, 'plan.extended')).toEqual([]);
    expect(ran.filter((id) => id === 'a')).toEqual(['a']);
    expect(Object.keys(result.manifest.steps)).toEqual(['a', 'b', 'other']);
  });

  test('that two items add under one id fails the second', async () => {
    const { kind } = adder((name) => (name.startsWith('a/') ? { x: {} } : undefined));
    const steps = [step('a', { each: each('p', 'q') })];
    const { result } = await runJob(steps, { ...settings(kind), runsDir: tempDir() });
    expect(result.manifest.failures).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ item: 'q', code: 'spec' })]),
    );
  });

  test('that may not be there yet when the run goes on are no needs; those of a step that it needs are', async () => {
    const { kind } = adder((name) => {
      if (name === 'a') return { x: {} };
      return name === 'b' || name === 'late' ? { [`after_${name}`]: { needs: ['x'] } } : undefined;
    });
    const steps = [step('a'), step('b', { needs: ['a'] })];
    expect((await runJob(steps, { ...settings(kind), runsDir: tempDir() })).result.status).toBe('succeeded');
    const late = [step('a'), step('slow', { fields: { n: 1 } }), step('late', { needs: ['slow'] })];
    const { result } = await runJob(late, { ...settings(kind), runsDir: tempDir(), plan: { concurrency: 1 } });
    expect(result.manifest.failures).toMatchObject([{ step: 'late', code: 'spec' }]);
    expect(result.manifest.failures[0]?.message).toContain('let late need a');
  });

  test('writes them in the job language', async () => {
    const { kind } = adder((name) =>
      name === 'a'
        ? {
            list: { run: 'echo {{ steps.a.output }}; echo b', output: 'lines' },
            each: { write: { '{{ item }}.md': '{{ vars.v }}' }, each: '{{ steps.list.output }}' },
          }
        : undefined,
    );
    const usual = { ...relaxed, plan: { vars: { v: 'V' } }, commandEnv: { PATH: '/bin:/usr/bin' } };
    const { result } = await runJob([step('a')], { ...usual, kinds: [kind], runsDir: tempDir() });
    expect(result.status).toBe('succeeded');
    expect(result.manifest.files.map(({ path }) => path)).toEqual(['outputs/test/a.md', 'outputs/test/b.md']);
    const wrong = adder((name) => (name === 'a' ? { x: { rnu: 'ls', needs: ['bb'] } } : undefined));
    const failed = await runJob([step('a'), step('b')], { ...usual, kinds: [wrong.kind], runsDir: tempDir() });
    const [{ message = '' } = {}] = failed.result.manifest.failures;
    expect(message).toContain('did you mean "run"?');
    expect(message).toContain('no step "bb"');
  });

  test('one after another without end is stopped at 100, and so is one with more than 10 000', async () => {
    const endless = adder((name) => ({ [`n${Number(name.slice(1)) + 1}`]: {} }));
    const { result } = await runJob([step('n0')], { ...settings(endless.kind), runsDir: tempDir() });
    expect(result.manifest.failures).toMatchObject([{ step: 'n100', code: 'spec' }]);
    const wide = adder((name) =>
      name === 'a' ? Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`s${n}`, {}])) : undefined,
    );
    const many = await runJob([step('a')], { ...settings(wide.kind), runsDir: tempDir() });
    expect(many.result.manifest.failures).toMatchObject([{ step: 'a', code: 'spec' }]);
    expect(many.result.manifest.failures[0]?.message).toContain('at most 10000 steps');
  });
});

const nobody = (): Promise<never> => Promise.reject(new Error('not to be asked'));

describe('resumed', () => {
  test('a step that is reused adds what it added, without being asked', async () => {
    const { kind, ran } = adder(adds);
    const { dir } = await runJob(plan, { ...settings(kind), runsDir: tempDir() });
    const { result, events } = await resumeJob(dir, plan, { ...relaxed, kinds: [kind], compileSteps: nobody });
    expect(result.status).toBe('succeeded');
    expect(reusedOf(events).toSorted()).toEqual(['a', 'b', 'other', 'x', 'y']);
    expect(ran).toHaveLength(5);
    expect(Object.keys(result.manifest.steps)).toEqual(['a', 'b', 'other', 'x', 'y']);
  });

  test('a run that was killed at any event comes to the same end', async () => {
    const runsDir = tempDir();
    const jobId = 'job_0123456789ab';
    const left: string[] = [];
    const chain: Adds = (name) => {
      if (name === 'a') return { x: {}, y: { needs: ['x'], each: each('p', 'q') } };
      if (name === 'x') return { z: {} };
      return name === 'y/p' ? { w: {} } : undefined;
    };
    const { kind } = adder(chain);
    const onEvent = ({ seq }: OrchEvent): void => {
      const copy = copyRun(join(runsDir, jobId), tempDir());
      cutLog(copy, { lines: seq });
      left.push(copy);
    };
    const whole = await runJob(plan, { ...settings(kind), runsDir, jobId, onEvent });
    const made = ({ manifest }: typeof whole.result) =>
      Object.entries(manifest.steps).map(([id, { status, output }]) => [id, status, output?.sha256]);
    for (const dir of left) {
      const { result } = await resumeJob(dir, plan, settings(kind));
      expect(made(result).toSorted()).toEqual(made(whole.result).toSorted());
      const succeeded = linesOf(dir).flatMap((event) => (event.type === 'step.succeeded' ? [nameOf(event)] : []));
      expect(new Set(succeeded).size).toBe(succeeded.length);
    }
  });

  test('a step that runs anew adds other steps in place of those it added', async () => {
    const says = { value: 'x' };
    const { kind, ran } = adder((name) => {
      if (name === 'a') return says.value === '' ? undefined : { [says.value]: {} };
      return name === 'x' ? { deep: {} } : undefined;
    });
    const { dir, result } = await runJob(plan, { ...settings(kind), runsDir: tempDir() });
    expect(Object.keys(result.manifest.steps)).toEqual(['a', 'b', 'other', 'x', 'deep']);
    for (const [value, ids] of [
      ['y', ['y']],
      ['', []],
    ] as const) {
      says.value = value;
      const anew = await resumeJob(dir, plan, { ...settings(kind), from: 'a' });
      expect(anew.result.status).toBe('succeeded');
      expect(Object.keys(anew.result.manifest.steps)).toEqual(['a', 'b', 'other', ...ids]);
      const again = await resumeJob(dir, plan, settings(kind));
      expect(Object.keys(again.result.manifest.steps)).toEqual(['a', 'b', 'other', ...ids]);
    }
    expect(ran.filter((id) => id === 'x')).toHaveLength(1);
  });

  test('a step that is skipped now takes what it added with it', async () => {
    const { kind } = adder(adds);
    const { dir } = await runJob(plan, { ...settings(kind), runsDir: tempDir() });
    const edited = plan.map((one) => (one.id === 'a' ? { ...one, when: 'false' } : one));
    const { result } = await resumeJob(dir, edited, settings(kind));
    expect(result).toMatchObject({ status: 'succeeded', manifest: { steps: { a: { status: 'skipped' } } } });
    expect(Object.keys(result.manifest.steps)).toEqual(['a', 'b', 'other']);
  });

  test('a step whose added steps do not fit the edited job any more runs anew', async () => {
    const { kind, ran } = adder((name) => (name === 'a' && !ran.includes('x2') ? { x: {} } : undefined));
    const { dir } = await runJob(plan, { ...settings(kind), runsDir: tempDir() });
    const edited = [...plan, step('x')];
    const { result } = await resumeJob(dir, edited, settings(kind));
    expect(result.manifest.failures).toMatchObject([
      { step: 'a', code: 'spec', message: expect.stringContaining('with this id already') },
    ]);
  });

  test('--from and --only know a step that joined', async () => {
    const { kind, ran } = adder(adds);
    const { dir } = await runJob(plan, { ...settings(kind), runsDir: tempDir() });
    ran.length = 0;
    await resumeJob(dir, plan, { ...settings(kind), from: 'x' });
    expect(ran).toEqual(['x', 'y']);
    ran.length = 0;
    const only = await resumeJob(dir, plan, { ...settings(kind), only: 'x' });
    expect(only.result.status).toBe('succeeded');
    expect(reusedOf(only.events)).toEqual(['a', 'x']);
    await expect(resumeJob(dir, plan, { ...settings(kind), from: 'nope' })).rejects.toMatchObject({ code: 'usage' });
    await expect(resumeJob(dir, plan, { ...settings(kind), only: 'nope' })).rejects.toMatchObject({ code: 'usage' });
  });

  test('--only of the step that returns them runs none of them', async () => {
    const { kind, ran } = adder(adds);
    const { dir } = await runJob(plan, { ...settings(kind), runsDir: tempDir(), only: 'a' });
    expect(ran).toEqual(['a']);
    expect((await resumeJob(dir, plan, settings(kind))).result.status).toBe('succeeded');
    expect(ran.toSorted()).toEqual(['a', 'b', 'other', 'x', 'y']);
  });
});

describe('who only looks', () => {
  test('sees the added steps as steps of the run, in what a resume would do and in its trace', async () => {
    const { kind } = adder(adds);
    const { dir } = await runJob(plan, { ...settings(kind), runsDir: tempDir() });
    const job = jobOf(plan);
    const { units } = await explainResume(dir, job, { kinds: [kind] });
    expect(units.map(({ step: id, will }) => `${id} ${will}`).toSorted()).toEqual(
      ['a', 'b', 'other', 'x', 'y'].map((id) => `${id} reuse`),
    );
    const from = await explainResume(dir, job, { kinds: [kind], from: 'x' });
    expect(from.units.flatMap(({ step: id, will }) => (will === 'reuse' ? [] : [id])).toSorted()).toEqual(['x', 'y']);
    const traced = await traceRun(dir, { kinds: [kind] });
    expect(traced.units.map(({ step: id, status }) => `${id} ${status}`).toSorted()).toEqual(
      ['a', 'b', 'other', 'x', 'y'].map((id) => `${id} succeeded`),
    );
    expect(traced.units.every(({ inputs }) => inputs !== undefined)).toBe(true);
    expect((await readJob(dir)).plan.steps).toEqual(plan);
  });
});

test('a module adds steps with `addSteps`, and answers what it returns', async () => {
  const jobDir = tempDir();
  const code = `export default ({ addSteps, item }) => {
    addSteps({ x: { fields: { n: 1 } } });
    addSteps({ y: { needs: ['x'] } });
    return 'added';
  };`;
  writeFileSync(join(jobDir, 'grow.mjs'), code);
  const digest = await digestModule('grow.mjs', { jobDir, readFile: async () => code });
  const fields = { uses: 'grow.mjs', code_sha256: digest.ok ? digest.value : '' };
  const { kind, ran } = adder(() => undefined);
  const { result } = await runJob([step('m', { kind: 'module', fields })], {
    ...{ ...settings(kind), runsDir: tempDir(), jobDir },
  });
  expect(result).toMatchObject({ status: 'succeeded', manifest: { steps: { m: { output: { inline: 'added' } } } } });
  expect(ran).toEqual(['x', 'y']);
});
