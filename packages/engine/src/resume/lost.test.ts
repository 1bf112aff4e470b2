import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { OrchEvent, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { askRun } from '../index.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { ask, each, never, step } from '../testing/plan.ts';
import { probe, untilAborted } from '../testing/probe.ts';
import { linesOf, nameOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';
import type { ResumeSettings } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';

const relaxed = { durability: 'relaxed' } as const;

/** A kind whose steps run `during` while they are open for the first time. */
function dying(during: (step: string) => void): { kinds: ReturnType<typeof probe>[]; ran: string[] } {
  const ran: string[] = [];
  const kind = probe(({ step: id, item, attempt }) => {
    const name = nameOf({ step: id, ...(item !== undefined && { item }) });
    ran.push(`${name} ${attempt}`);
    during(name);
    return id;
  });
  return { kinds: [kind], ran };
}

/** Runs a job and throws its process away, as it were, while `where` is open; returns the folder it left. */
async function killedIn(where: string, steps: readonly PlanStep[], from?: string): Promise<string> {
  const left = { dir: '' };
  let dir = from;
  const { kinds } = dying((name) => {
    if (name === where) left.dir = copyRun(dir ?? '', tempDir());
  });
  const settings = { ...relaxed, kinds };
  if (from === undefined) {
    const runsDir = tempDir();
    dir = join(runsDir, 'job_0123456789ab');
    await runJob(steps, { ...settings, runsDir, jobId: 'job_0123456789ab' });
  } else await resumeJob(from, steps, settings);
  return left.dir;
}

describe('an attempt that was open when its process died', () => {
  test('is told first, and runs again with the next number', async () => {
    const steps = [step('before'), step('many', { needs: ['before'], each: each('x', 'y') })];
    const dir = await killedIn('many/y', steps);
    const { kinds, ran } = dying(() => undefined);
    const { events, result } = await resumeJob(dir, steps, { ...relaxed, kinds });
    const told = linesOf(dir).filter(({ type, data }) => type === 'step.canceled' && data.reason === 'process_lost');
    expect(told.map(nameOf)).toEqual(expect.arrayContaining(['many/y', 'many']));
    expect(result).toMatchObject({ status: 'succeeded', manifest: { attempt: 2 } });
    expect(ran).toContain('many/y 2');
    expect(ran).not.toContain('before 2');
    expect(events.find(({ type }) => type === 'job.started')?.seq).toBeGreaterThan(told.at(-1)?.seq ?? Infinity);
  });

  test('counts as a failure after three in a row, which a resume forgives', async () => {
    const steps = [step('a')];
    let dir: string | undefined;
    for (let time = 0; time < 3; time++) dir = await killedIn('a', steps, dir);
    const { kinds, ran } = dying(() => undefined);
    const refused = await resumeJob(dir ?? '', steps, { ...relaxed, kinds });
    expect(ran).toEqual([]);
    expect(refused.result.manifest.failures).toMatchObject([
      { step: 'a', code: 'interrupted', message: expect.stringContaining('3 times in a row') },
    ]);
    const again = await resumeJob(dir ?? '', steps, { ...relaxed, kinds });
    expect(again.result.status).toBe('succeeded');
    expect(ran).toEqual(['a 4']);
  });

  test('is not counted with those that ended otherwise in between', async () => {
    const steps = [step('a')];
    let dir = await killedIn('a', steps, await killedIn('a', steps));
    const stop = new AbortController();
    const paused = probe((host) => {
      setImmediate(() => stop.abort(new OrchError('interrupted', 'enough')));
      return untilAborted(host);
    });
    await resumeJob(dir, steps, { ...relaxed, kinds: [paused], signal: stop.signal });
    dir = await killedIn('a', steps, dir);
    const { kinds } = dying(() => undefined);
    expect((await resumeJob(dir, steps, { ...relaxed, kinds })).result.status).toBe('succeeded');
  });

  test('with on_lost: fail, fails its step once; the next resume runs it', async () => {
    const steps = [step('a', { on_lost: 'fail' }), step('b', { needs: ['a'] })];
    const dir = await killedIn('a', steps);
    const { kinds, ran } = dying(() => undefined);
    const { result } = await resumeJob(dir, steps, { ...relaxed, kinds });
    expect(result.manifest).toMatchObject({ status: 'failed', failures: [{ step: 'a', code: 'interrupted' }] });
    expect(result.manifest.steps).toMatchObject({ b: { status: 'skipped' } });
    expect((await resumeJob(dir, steps, { ...relaxed, kinds })).result.status).toBe('succeeded');
    expect(ran).toEqual(['a 2', 'b 1']);
  });

  test('leaves the tries of its step as they were: a kill gives no new ones', async () => {
    const retry = { ...never, tries: 2, backoff: 'fixed' } as const;
    const left = { dir: '' };
    const runsDir = tempDir();
    const failing = probe(({ attempt }) => {
      if (attempt === 2) left.dir = copyRun(join(runsDir, 'job_0123456789ab'), tempDir());
      throw new OrchError('command_failed', `attempt ${attempt}`);
    });
    await runJob([step('a', { retry })], { ...relaxed, kinds: [failing], runsDir, jobId: 'job_0123456789ab' });
    const { events } = await resumeJob(left.dir, [step('a', { retry })], { ...relaxed, kinds: [failing] });
    const failed = events.flatMap((event) => (event.type === 'step.failed' ? [event.data] : []));
    expect(failed.map(({ attempt, will_retry }) => [attempt, will_retry])).toEqual([
      [3, true],
      [4, undefined],
    ]);
  });
});

describe('with on_lost: ask', () => {
  const asking = [step('a', { on_lost: 'ask', fields: { say: 1 } }), step('b', { needs: ['a'] }), step('c')];
  const answer = { kind: 'answer', step: 'a', by: 'me' } as const;

  async function waiting(): Promise<{ dir: string; ran: string[]; resume: (more?: ResumeSettings) => Resumed }> {
    const dir = await killedIn('a', asking);
    const { kinds, ran } = dying(() => undefined);
    const resume = (more: ResumeSettings = {}) => resumeJob(dir, asking, { ...relaxed, kinds, ...more });
    const { result } = await resume();
    expect(result.status).toBe('waiting');
    return { dir, ran, resume };
  }
  type Resumed = ReturnType<typeof resumeJob>;

  test('a step waits for a person, those that need it with it, the others go on', async () => {
    const { dir, ran } = await waiting();
    expect(ran).toEqual(['c 2']);
    const last = linesOf(dir).at(-1);
    expect(last).toMatchObject({ type: 'job.waiting', data: { waiting_for: ['a'] } });
  });

  test('granted, it runs; when it is lost once more, it asks once more', async () => {
    const { dir, ran, resume } = await waiting();
    expect(await askRun(dir, { ...answer, granted: true })).toBe('here');
    const left = { dir: '' };
    const { kinds } = dying((name) => {
      if (name === 'a') left.dir = copyRun(dir, tempDir());
    });
    expect((await resume({ kinds })).result.status).toBe('succeeded');
    const again = await resumeJob(left.dir, asking, { ...relaxed, kinds });
    expect(again.result.status).toBe('waiting');
    expect(ran).toEqual(['c 2']);
  });

  test('rejected, it fails', async () => {
    const { dir, resume } = await waiting();
    await askRun(dir, { ...answer, granted: false });
    expect((await resume()).result.manifest.failures).toMatchObject([{ step: 'a', code: 'interrupted' }]);
  });

  test('without an answer, it waits on; an answer for other inputs does not count', async () => {
    const { dir, ran, resume } = await waiting();
    expect((await resume()).result.status).toBe('waiting');
    await askRun(dir, { ...answer, granted: true });
    const edited = [step('a', { on_lost: 'ask', fields: { say: 2 } }), ...asking.slice(1)];
    const { kinds } = dying(() => undefined);
    expect((await resumeJob(dir, edited, { ...relaxed, kinds })).result.status).toBe('waiting');
    expect(ran).not.toContain('a 2');
  });

  test('an item asks for itself', async () => {
    const steps = [step('many', { each: each('x', 'y'), on_lost: 'ask' })];
    const dir = await killedIn('many/y', steps);
    const { kinds, ran } = dying(() => undefined);
    const first = await resumeJob(dir, steps, { ...relaxed, kinds });
    expect(linesOf(dir).at(-1)).toMatchObject({ type: 'job.waiting' });
    expect(unitsOf(first.events, 'step.waiting')).toContain('many/y');
    for (const item of waitingItems(first.events)) {
      await askRun(dir, { kind: 'answer', step: 'many', item, granted: true, by: 'me' });
    }
    expect((await resumeJob(dir, steps, { ...relaxed, kinds })).result.status).toBe('succeeded');
    expect(ran).toContain('many/y 2');
  });
});

describe('a request that no answer was logged for', () => {
  const usage = { tokensIn: 3, tokensOut: 4 };
  const settings = () => ({ ...relaxed, provider: scripted([{ text: 'kept', finishReason: 'stop', usage }]).provider });

  /** A run that died right after its request left, or after its answer was kept. */
  async function asked(): Promise<string> {
    const { dir } = await runJob([ask('q')], { ...settings(), runsDir: tempDir() });
    cutLog(dir, { lines: 1 + linesOf(dir).findIndex(({ type }) => type === 'llm.request') });
    return dir;
  }

  test('is told as recovered when its answer was kept, with what it cost, and is not sent again', async () => {
    const dir = await asked();
    const { result } = await resumeJob(dir, [ask('q')], { ...relaxed, provider: scripted([]).provider });
    const lines = linesOf(dir);
    const request = lines.find((event) => event.type === 'llm.request');
    expect(lines.filter(({ type }) => type === 'llm.response')).toMatchObject([
      { step: 'q', data: { request_id: request?.data.request_id, success: true, recovered: true, tokens_out: 4 } },
    ]);
    const { costs, steps } = result.manifest;
    expect(costs).toMatchObject({ provider_calls: 1, in_doubt: 0, tokens_in: 3, tokens_out: 4 });
    expect(steps['q']).toMatchObject({ status: 'succeeded', output: { inline: 'kept' } });
  });

  test('is shared with other runs, also when the process that found its answer died before it could', async () => {
    const dir = await asked();
    const shared = join(dir, '../.cache');
    rmSync(shared, { recursive: true });
    const nobody = { ...relaxed, provider: scripted([]).provider };
    await resumeJob(dir, [ask('q')], nobody);
    cutLog(dir, { lines: 1 + linesOf(dir).findIndex(({ type }) => type === 'llm.response') });
    rmSync(shared, { recursive: true });
    await resumeJob(dir, [ask('q')], nobody);
    const other = await runJob([ask('q')], { ...nobody, runsDir: join(dir, '..') });
    expect(other.result.manifest.steps['q']).toMatchObject({ status: 'succeeded', output: { inline: 'kept' } });
  });

  test('is in doubt when no answer was kept, and its question is asked again', async () => {
    const dir = await asked();
    for (const kept of [join(dir, '.cache'), join(dir, '../.cache')]) rmSync(kept, { recursive: true });
    const { result } = await resumeJob(dir, [ask('q')], settings());
    expect(result.manifest.costs).toMatchObject({ provider_calls: 2, in_doubt: 1, tokens_out: 4 });
    const again = await resumeJob(dir, [ask('q')], settings());
    expect(again.result.manifest.costs).toMatchObject({ provider_calls: 2, in_doubt: 1 });
  });

  test('stays in doubt when it was sent once more, and the answer to that was kept but not logged', async () => {
    const dir = await asked();
    for (const kept of [join(dir, '.cache'), join(dir, '../.cache')]) rmSync(kept, { recursive: true });
    await resumeJob(dir, [ask('q')], settings());
    cutLog(dir, { lines: 1 + linesOf(dir).findLastIndex(({ type }) => type === 'llm.request') });
    const { result } = await resumeJob(dir, [ask('q')], { ...relaxed, provider: scripted([]).provider });
    const lines = linesOf(dir);
    const second = lines.findLast((event) => event.type === 'llm.request');
    const told = lines.filter(({ type }) => type === 'llm.response');
    expect(told).toMatchObject([{ data: { request_id: second?.data.request_id, recovered: true } }]);
    expect(result.manifest.costs).toMatchObject({ provider_calls: 2, in_doubt: 1 });
  });

  test('is in doubt when the kept answer is one that another run paid for', async () => {
    const dir = await asked();
    for (const kept of [join(dir, '.cache'), join(dir, '../.cache')]) rmSync(kept, { recursive: true });
    await runJob([ask('q')], { ...settings(), runsDir: join(dir, '..') });
    const { result, events } = await resumeJob(dir, [ask('q')], { ...relaxed, provider: scripted([]).provider });
    expect(unitsOf(events, 'llm.response')).toEqual([]);
    expect(unitsOf(events, 'cache.hit')).toEqual(['q']);
    expect(result.manifest.costs).toMatchObject({ provider_calls: 1, in_doubt: 1 });
  });
});

function waitingItems(events: readonly OrchEvent[]): string[] {
  return events.flatMap(({ type, item }) => (type === 'step.waiting' && item !== undefined ? [item] : []));
}
