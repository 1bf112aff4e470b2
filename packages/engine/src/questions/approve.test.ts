import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, OrchEvent, PlanStep, StepKind } from '@orch/contracts';
import { FakeClock, tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { askRun, openQuestions, startRun } from '../index.ts';
import type { RunHandle } from '../index.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { each, jobOf, never, step } from '../testing/plan.ts';
import { probe, witness } from '../testing/probe.ts';
import { linesOf, portsOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';
import type { ResumeSettings } from '../testing/run-job.ts';

const relaxed = { durability: 'relaxed' } as const;

const ask = (id: string, fields: JsonObject = {}, more: Partial<PlanStep> = {}): PlanStep =>
  step(id, { kind: 'approve', fields: { question: 'Deploy?', ...fields }, ...more });

const deploy = [step('build'), ask('ok', {}, { needs: ['build'] }), step('deploy', { needs: ['ok'] }), step('docs')];
const yes = { kind: 'answer', step: 'ok', granted: true, by: 'ada' } as const;

/** A run that waits for an answer, and how it goes on. */
async function waiting(steps: readonly PlanStep[] = deploy, settings: ResumeSettings = {}) {
  const { kind, ran } = witness();
  const usual = { ...relaxed, kinds: [kind], ...settings };
  const { dir, result, events } = await runJob(steps, { ...usual, runsDir: tempDir() });
  const resume = (more: ResumeSettings = {}, edited = steps) => resumeJob(dir, edited, { ...usual, ...more });
  return { dir, ran, result, events, resume };
}

describe('a step that asks a person', () => {
  test('waits with what needs it, while all else goes on, and the run ends with the question', async () => {
    const { ran, result, events } = await waiting();
    expect(ran.toSorted()).toEqual(['build', 'docs']);
    expect(result).toMatchObject({
      status: 'waiting',
      manifest: { steps: { ok: { status: 'waiting' }, deploy: { status: 'pending' }, docs: { status: 'succeeded' } } },
    });
    expect(events.at(-1)).toMatchObject({ type: 'job.waiting', data: { waiting_for: ['ok'] } });
    const asked = events.find(({ type }) => type === 'approval.requested');
    const waits = events.find(({ type }) => type === 'step.waiting');
    expect(asked).toMatchObject({ step: 'ok', data: { question: 'Deploy?' } });
    expect(waits?.data).toEqual(asked?.data);
  });

  test('succeeds with the answer in the next attempt, which runs nothing twice', async () => {
    const { dir, ran, resume } = await waiting();
    expect(await askRun(dir, { ...yes, answer: 'go' })).toBe('here');
    const { result } = await resume();
    expect(result.status).toBe('succeeded');
    const { inline = '' } = result.manifest.steps['ok']?.output ?? {};
    expect(JSON.parse(inline)).toEqual({ answer: 'go', by: 'ada', at: expect.stringMatching(/^20.*Z$/) });
    expect(ran.toSorted()).toEqual(['build', 'deploy', 'docs']);
  });

  test('without an answer waits on, and is not asked twice', async () => {
    const { dir, resume } = await waiting();
    expect((await resume()).result.status).toBe('waiting');
    expect(unitsOf(linesOf(dir), 'approval.requested')).toEqual(['ok']);
    expect(unitsOf(linesOf(dir), 'step.waiting')).toEqual(['ok', 'ok']);
  });

  test('goes on with an answer that came while the attempt that asks again was under way', async () => {
    let meanwhile = async (): Promise<unknown> => undefined;
    const kind: StepKind = {
      ...witness().kind,
      async run(_, { approval }) {
        if (approval !== undefined) return { status: 'succeeded', output: approval.answer ?? null };
        await meanwhile();
        return { status: 'waiting', request: { question: 'Deploy?' } };
      },
    };
    const { dir, resume } = await waiting([step('ok')], { kinds: [kind] });
    meanwhile = () => askRun(dir, { ...yes, answer: 'go' });
    const { result, events } = await resume();
    expect(result).toMatchObject({ status: 'succeeded', manifest: { steps: { ok: { output: { inline: 'go' } } } } });
    expect(unitsOf(events, 'approval.requested')).toEqual([]);
  });

  test('fails with `rejected` when the answer is no, also in later attempts; --from asks again', async () => {
    const retry = { ...never, tries: 3 };
    const steps = [ask('ok', {}, { retry }), step('deploy', { needs: ['ok'] })];
    const { dir, ran, resume } = await waiting(steps);
    await askRun(dir, { ...yes, granted: false, answer: 'not on Friday' });
    for (const _ of [1, 2]) {
      const { result, events } = await resume();
      expect(result.manifest.failures).toMatchObject([{ step: 'ok', code: 'rejected', kind: 'validation' }]);
      expect(result.manifest.failures[0]?.message).toContain('not on Friday');
      expect(unitsOf(events, 'step.started')).toEqual(['ok']);
    }
    expect((await resume({ from: 'ok' })).result.status).toBe('waiting');
    await askRun(dir, yes);
    expect((await resume()).result.status).toBe('succeeded');
    expect(ran).toEqual(['deploy']);
  });

  test('asks again when its inputs changed: an answer counts for what was asked', async () => {
    const { dir, ran, resume } = await waiting();
    await askRun(dir, yes);
    const edited = deploy.map((one) =>
      one.id === 'ok' ? ask('ok', { question: 'Delete?' }, { needs: ['build'] }) : one,
    );
    expect((await resume({}, edited)).result.status).toBe('waiting');
    expect(ran).not.toContain('deploy');
    expect(await openQuestions(dir)).toMatchObject([{ question: 'Delete?' }]);
  });

  test('asks again when what it needs came out differently', async () => {
    const says = { value: 1 };
    const kind = probe(({ step: id }) => (id === 'build' ? says.value : id));
    const steps = [step('build', { fields: { v: 1 } }), ask('ok', {}, { needs: ['build'] })];
    const { dir, resume } = await waiting(steps, { kinds: [kind] });
    await askRun(dir, yes);
    says.value = 2;
    const edited = [step('build', { fields: { v: 2 } }), ...steps.slice(1)];
    expect((await resume({}, edited)).result.status).toBe('waiting');
  });
});

describe('an answer', () => {
  const choose = [ask('ok', { options: ['blue', 'green'] })];

  test.each([
    ['is none of the options', { answer: 'red' }, 'Expected an answer of blue, green; got "red".'],
    ['is missing where there are options', {}, 'Expected an answer of blue, green; got none.'],
    [
      'is to another step',
      { step: 'other', answer: 'blue' },
      'Expected step other to wait for an answer, it does not.',
    ],
    [
      'is longer than an event',
      { granted: false, answer: 'x'.repeat(20_000) },
      'Expected an answer of at most 16 kB, got more.',
    ],
  ])('that %s is refused before anything is written', async (_, answer, message) => {
    const { dir } = await waiting(choose);
    const before = linesOf(dir);
    await expect(askRun(dir, { ...yes, ...answer })).rejects.toMatchObject({ code: 'usage', message });
    expect(linesOf(dir)).toEqual(before);
    expect(readdirSync(join(dir, 'inbox'))).toEqual([]);
  });

  test('that is one of the options counts, and no needs none of them', async () => {
    const { dir, resume } = await waiting(choose);
    await askRun(dir, { ...yes, answer: 'green' });
    expect((await resume()).result.status).toBe('succeeded');
    const other = await waiting(choose);
    await askRun(other.dir, { ...yes, granted: false });
    expect((await other.resume()).result.status).toBe('failed');
  });

  test('that was left while nobody looked counts as soon as the run goes on', async () => {
    const { dir, resume } = await waiting();
    const file = join(dir, 'inbox', '01HZZZZZZZZZZZZZZZZZZZZZZZ.json');
    writeFileSync(file, JSON.stringify(yes));
    expect((await resume()).result.status).toBe('succeeded');
    expect(existsSync(file)).toBe(false);
  });

  test('is final: a second one is refused', async () => {
    const { dir } = await waiting();
    await askRun(dir, yes);
    await expect(askRun(dir, { ...yes, granted: false, by: 'bob' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('ada answered it at'),
    });
    expect(await openQuestions(dir)).toEqual([]);
  });

  test('survives the death of the process that acts on it', async () => {
    const { dir, resume } = await waiting();
    await askRun(dir, yes);
    await resume();
    const lines = linesOf(dir);
    const started = lines.findLastIndex(({ type, step: id }) => type === 'step.started' && id === 'ok');
    const left = copyRun(dir, tempDir());
    cutLog(left, { lines: started + 1 });
    const { kind } = witness();
    const { result, events } = await resumeJob(left, deploy, { ...relaxed, kinds: [kind] });
    expect(result.status).toBe('succeeded');
    expect(unitsOf(events, 'approval.requested')).toEqual([]);
  });

  test('to "run it again?" is none to what the step asks itself', async () => {
    const steps = [ask('ok', {}, { on_lost: 'ask' })];
    const { dir } = await waiting(steps);
    cutLog(dir, { lines: 1 + linesOf(dir).findIndex(({ type }) => type === 'step.started') });
    const asked = async () => (await openQuestions(dir)).map(({ question }) => question);
    await resumeJob(dir, steps, relaxed);
    expect(await asked()).toEqual(['Step ok was open when its process died. Run it again?']);
    await askRun(dir, yes);
    await resumeJob(dir, steps, relaxed);
    expect(await asked()).toEqual(['Deploy?']);
    await askRun(dir, yes);
    expect((await resumeJob(dir, steps, relaxed)).result.status).toBe('succeeded');
  });
});

describe('a question that expires', () => {
  const steps = [ask('ok', { expires_s: 60 }), step('deploy', { needs: ['ok'] })];

  test('fails its step with `expired` at the next attempt, which gives it no more time', async () => {
    const clock = new FakeClock();
    const { dir, resume } = await waiting(steps, { clock });
    const [open] = await openQuestions(dir);
    expect(Date.parse(open?.expiresAt ?? '') - Date.parse(open?.askedAt ?? '')).toBe(60_000);
    await clock.advance(59_000);
    expect((await resume()).result.status).toBe('waiting');
    await clock.advance(1_000);
    await expect(askRun(dir, yes, { clock })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('too late'),
    });
    const { result } = await resume();
    expect(result.manifest.failures).toMatchObject([{ step: 'ok', code: 'expired', kind: 'timeout' }]);
    expect((await resume({ from: 'ok' })).result.status).toBe('waiting');
  });

  test('counts when it was answered in time, however late the run goes on', async () => {
    const clock = new FakeClock();
    const { dir, resume } = await waiting(steps, { clock });
    await askRun(dir, yes, { clock });
    await clock.advance(3_600_000);
    expect((await resume()).result.status).toBe('succeeded');
  });

  test('fails while the run goes on, as soon as its time is over', async () => {
    const clock = new FakeClock();
    const gate = Promise.withResolvers<void>();
    const kind = probe(() => gate.promise.then(() => null));
    const after = [ask('ok', { expires_s: 60 }), step('long')];
    const handle = startRun(jobOf(after), portsOf({ kinds: [kind], clock }), { ...relaxed, runsDir: tempDir() });
    await seen(handle, 'step.waiting');
    await clock.advance(60_000);
    await seen(handle, 'step.failed');
    gate.resolve();
    const { status, manifest } = await handle.result;
    expect({ status, failures: manifest.failures }).toMatchObject({
      status: 'failed',
      failures: [{ code: 'expired' }],
    });
    await expect(askRun(handle.dir, yes, { clock })).rejects.toMatchObject({
      message: expect.stringMatching(/^Expected an answer until 20.*Z: the question expired then/),
    });
  });
});

describe('while the run goes on', () => {
  test('its own handle answers: the step goes on in the same attempt, and so does what needs it', async () => {
    const gate = Promise.withResolvers<void>();
    const kind = probe(async ({ step: id }) => {
      if (id === 'deploy') gate.resolve();
      if (id === 'docs') await gate.promise;
      return id;
    });
    const handle = startRun(jobOf(deploy), portsOf({ kinds: [kind] }), { ...relaxed, runsDir: tempDir() });
    await seen(handle, 'step.waiting');
    expect(await openQuestions(handle.dir)).toMatchObject([{ step: 'ok', question: 'Deploy?' }]);
    await handle.answer('ok', 'go', { by: 'ada' });
    const { status, manifest } = await handle.result;
    expect({ status, attempt: manifest.attempt }).toEqual({ status: 'succeeded', attempt: 1 });
    const lines = linesOf(handle.dir);
    expect(lines.find(({ type }) => type === 'approval.granted')).toMatchObject({ data: { answer: 'go', by: 'ada' } });
  });

  test('its handle still answers when it has ended waiting', async () => {
    const { kind } = witness();
    const handle = startRun(jobOf(deploy), portsOf({ kinds: [kind] }), { ...relaxed, runsDir: tempDir() });
    expect((await handle.result).status).toBe('waiting');
    await expect(handle.answer('docs')).rejects.toMatchObject({ code: 'usage', hint: 'What waits: ok.' });
    await handle.answer('ok');
    expect((await resumeJob(handle.dir, deploy, { ...relaxed, kinds: [kind] })).result.status).toBe('succeeded');
  });

  test('a cancel ends it, with the question left open', async () => {
    const gate = Promise.withResolvers<void>();
    const kind = probe(() => gate.promise.then(() => null));
    const handle = startRun(jobOf([ask('ok'), step('long')]), portsOf({ kinds: [kind] }), {
      ...relaxed,
      runsDir: tempDir(),
    });
    await seen(handle, 'step.waiting');
    handle.cancel();
    gate.resolve();
    const { status, manifest } = await handle.result;
    expect({ status, ok: manifest.steps['ok']?.status }).toEqual({ status: 'canceled', ok: 'waiting' });
    await expect(handle.answer('ok')).rejects.toMatchObject({
      code: 'usage',
      message: `Expected a run that goes on or may, ${handle.jobId} was canceled.`,
    });
    expect(await openQuestions(handle.dir)).toEqual([]);
  });
});

describe('items that ask', () => {
  const steps = [
    ask('ok', { question: 'Deploy {{ item }}?' }, { each: each('eu', 'us') }),
    step('deploy', { needs: ['ok'], each: { from: 'ok', max_items: 10 }, fields: { to: '{{ item.key }}' } }),
    step('report', { needs: ['deploy'] }),
  ];

  test('wait each for itself, and their step is shown as waiting, not as canceled', async () => {
    const { dir, result } = await waiting(steps);
    expect(result).toMatchObject({ status: 'waiting', manifest: { steps: { ok: { status: 'waiting' } } } });
    expect(await openQuestions(dir)).toMatchObject([
      { step: 'ok', item: 'eu', question: 'Deploy eu?' },
      { step: 'ok', item: 'us', question: 'Deploy us?' },
    ]);
    const lines = linesOf(dir);
    expect(lines.at(-1)).toMatchObject({ type: 'job.waiting', data: { waiting_for: ['ok/eu', 'ok/us'] } });
    expect(unitsOf(lines, 'step.canceled')).toEqual([]);
    await expect(askRun(dir, yes)).rejects.toMatchObject({ hint: 'What waits: ok eu, ok us.' });
  });

  test('go on one by one, with what follows each', async () => {
    const { dir, ran, resume } = await waiting(steps);
    await askRun(dir, { ...yes, item: 'us' });
    const { result } = await resume();
    const waits = { ok: { status: 'waiting' }, deploy: { status: 'waiting' }, report: { status: 'pending' } };
    expect(result).toMatchObject({ status: 'waiting', manifest: { steps: waits } });
    expect(unitsOf(linesOf(dir), 'step.canceled')).toEqual([]);
    expect(ran).toEqual(['deploy/us']);
    await askRun(dir, { ...yes, item: 'eu' });
    expect((await resume()).result.status).toBe('succeeded');
    expect(ran).toEqual(['deploy/us', 'deploy/eu', 'report']);
  });
});

/** The next event of a type. */
async function seen(handle: RunHandle, type: OrchEvent['type']): Promise<OrchEvent | undefined> {
  for await (const event of handle) if (event.type === type) return event;
  return undefined;
}
