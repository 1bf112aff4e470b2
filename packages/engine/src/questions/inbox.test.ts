import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { InboxRequest, OrchEvent, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { askRun, startRun, systemIds } from '../index.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { jobOf, step } from '../testing/plan.ts';
import { probe, untilAborted, witness } from '../testing/probe.ts';
import { linesOf, portsOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';

const relaxed = { durability: 'relaxed' } as const;
const cancel = { kind: 'cancel', reason: 'enough', by: 'me' } as const;
const grant = { kind: 'answer', step: 'a', granted: true, by: 'me' } as const;

describe('a cancel', () => {
  test('of a run that goes on ends what is in flight, names its request, and leaves nothing in the inbox', async () => {
    const started = Promise.withResolvers<void>();
    const kind = probe((host) => (started.resolve(), untilAborted(host)));
    const job = jobOf([step('a'), step('b', { needs: ['a'] })]);
    const handle = startRun(job, portsOf({ kinds: [kind] }), { ...relaxed, runsDir: tempDir() });
    await started.promise;
    const ids = { ...systemIds, ulid: () => '01HZZZZZZZZZZZZZZZZZZZZZZZ' };
    expect(await askRun(handle.dir, cancel, { ids })).toBe('there');
    const { status, manifest } = await handle.result;
    expect(status).toBe('canceled');
    expect(manifest.steps).toMatchObject({ a: { status: 'canceled' }, b: { status: 'pending' } });
    const last = linesOf(handle.dir).at(-1);
    expect(last).toMatchObject({ type: 'job.canceled', data: { reason: 'enough', request: ids.ulid() } });
    expect(inboxOf(handle.dir)).toEqual([]);
  });

  test('of a run whose process died is written at once: its open attempts are lost, and it cannot go on', async () => {
    const dir = await interrupted([step('a'), step('b', { needs: ['a'] })]);
    expect(await askRun(dir, cancel)).toBe('here');
    expect(linesOf(dir).slice(-2)).toMatchObject([
      { type: 'step.canceled', step: 'b', data: { reason: 'process_lost' } },
      { type: 'job.canceled', data: { reason: 'enough', request: expect.stringMatching(/^[0-9A-Z]{26}$/) } },
    ]);
    expect(inboxOf(dir)).toEqual([]);
    await expect(resumeJob(dir, [step('a')])).rejects.toMatchObject({ code: 'usage' });
  });

  test.each(['succeeded', 'failed', 'canceled'])(
    'of a run that has %s is refused, and leaves no trace',
    async (how) => {
      const stop = new AbortController();
      if (how === 'canceled') stop.abort(new OrchError('canceled', 'before'));
      const kind = probe(() => {
        if (how === 'failed') throw new OrchError('assertion', 'no', { retryable: false });
        return null;
      });
      const { dir, result } = await runJob([step('a')], {
        ...relaxed,
        ...{ kinds: [kind], runsDir: tempDir(), signal: stop.signal },
      });
      expect(result.status).toBe(how);
      const before = linesOf(dir);
      await expect(askRun(dir, cancel)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(how) });
      expect(linesOf(dir)).toEqual(before);
      expect(inboxOf(dir)).toEqual([]);
    },
  );

  test('that came while nobody looked ends the run as soon as it goes on', async () => {
    const dir = await interrupted([step('a'), step('b', { needs: ['a'] })]);
    leave(dir, '01HZZZZZZZZZZZZZZZZZZZZZZZ.json', cancel);
    const { kind, ran } = witness();
    const { result } = await resumeJob(dir, [step('a'), step('b', { needs: ['a'] })], { ...relaxed, kinds: [kind] });
    expect(result.status).toBe('canceled');
    expect(ran).toEqual([]);
    expect(inboxOf(dir)).toEqual([]);
  });
});

describe('an answer', () => {
  const asking = [step('a', { on_lost: 'ask' }), step('b')];

  test('to a run that goes on counts at once', async () => {
    const dir = await lostAndAsking();
    const gate = Promise.withResolvers<void>();
    const waits = Promise.withResolvers<void>();
    const ran: string[] = [];
    const kind = probe(async ({ step: id }) => {
      ran.push(id);
      if (id === 'a') gate.resolve();
      await gate.promise;
      return id;
    });
    const onEvent = ({ type }: OrchEvent): void => {
      if (type === 'step.waiting') waits.resolve();
    };
    const running = resumeJob(dir, asking, { ...relaxed, kinds: [kind], onEvent });
    await waits.promise;
    expect(await askRun(dir, grant)).toBe('there');
    const { events, result } = await running;
    expect(result.status).toBe('succeeded');
    expect(events.filter(({ step: id }) => id === 'a').slice(1)).toMatchObject([
      { type: 'approval.requested' },
      { type: 'step.waiting' },
      { type: 'approval.granted', data: { by: 'me' } },
      { type: 'step.started' },
      { type: 'step.succeeded' },
    ]);
    expect(ran).toEqual(['b', 'a']);
  });

  test.each(['here', 'there'])(
    'that nobody asked for is refused (%s), with the names of those who wait',
    async (where) => {
      const dir = await lostAndAsking();
      const gate = Promise.withResolvers<void>();
      const waits = Promise.withResolvers<void>();
      const kind = probe(() => gate.promise.then(() => null));
      const onEvent = ({ type }: OrchEvent): void => {
        if (type === 'step.waiting') waits.resolve();
      };
      if (where === 'here') gate.resolve();
      const running = resumeJob(dir, asking, { ...relaxed, kinds: [kind], onEvent });
      await (where === 'here' ? running : waits.promise);
      const asked = askRun(dir, { ...grant, step: 'b' });
      await expect(asked).rejects.toMatchObject({ code: 'usage', hint: 'What waits: a.' });
      gate.resolve();
      await running;
      expect(unitsOf(linesOf(dir), 'approval.granted')).toEqual([]);
      expect(inboxOf(dir)).toEqual([]);
    },
  );

  test('that stands in the log already is only removed', async () => {
    const dir = await lostAndAsking();
    const { kind, ran } = witness();
    await resumeJob(dir, asking, { ...relaxed, kinds: [kind] });
    const ids = { ...systemIds, ulid: () => '01HZZZZZZZZZZZZZZZZZZZZZZZ' };
    await askRun(dir, grant, { ids });
    leave(dir, `${ids.ulid()}.json`, { ...grant, granted: false });
    const { result } = await resumeJob(dir, asking, { ...relaxed, kinds: [kind] });
    expect(result.status).toBe('succeeded');
    expect(ran).toEqual(['b', 'a']);
    expect(unitsOf(linesOf(dir), 'approval.rejected')).toEqual([]);
    expect(inboxOf(dir)).toEqual([]);
  });

  async function lostAndAsking(): Promise<string> {
    return interrupted(asking, 'a');
  }
});

test('what is no request stays in the inbox and disturbs nobody', async () => {
  const dir = await interrupted([step('a'), step('b', { needs: ['a'] })]);
  const garbage = {
    'notes.txt': 'hello',
    '01HZZZZZZZZZZZZZZZZZZZZZZA.json': '{"kind": "cancel"',
    '01HZZZZZZZZZZZZZZZZZZZZZZB.json': '{"kind": "explode", "by": "me"}',
    '01HZZZZZZZZZZZZZZZZZZZZZZC.json': 'null',
    'cancel.json': JSON.stringify(cancel),
  };
  for (const [name, content] of Object.entries(garbage)) leave(dir, name, content);
  mkdirSync(join(dir, 'inbox/01HZZZZZZZZZZZZZZZZZZZZZZD.json'));
  const before = inboxOf(dir);
  const { kind } = witness();
  const kinds = [probe(async (host) => (leave(dir, '01HZZZZZZZZZZZZZZZZZZZZZZE.json', 'torn'), host.step)), kind];
  const { result } = await resumeJob(dir, [step('a'), step('b', { needs: ['a'] })], { ...relaxed, kinds });
  expect(result.status).toBe('succeeded');
  expect(inboxOf(dir).filter((name) => !name.endsWith('E.json'))).toEqual(before);
});

/** The folder of a run whose process died while `open` (the last step, unless given) was open. */
async function interrupted(steps: readonly PlanStep[], open = steps.at(-1)?.id): Promise<string> {
  const { kind } = witness();
  const settings = { ...relaxed, kinds: [kind], plan: { concurrency: 1 } };
  const { dir } = await runJob(steps, { ...settings, runsDir: tempDir() });
  const left = copyRun(dir, tempDir());
  cutLog(left, { lines: 1 + linesOf(dir).findIndex(({ type, step: id }) => type === 'step.started' && id === open) });
  return left;
}

function leave(dir: string, name: string, content: InboxRequest | string): void {
  writeFileSync(join(dir, 'inbox', name), typeof content === 'string' ? content : JSON.stringify(content));
}

function inboxOf(dir: string): string[] {
  return existsSync(join(dir, 'inbox')) ? readdirSync(join(dir, 'inbox')).toSorted() : [];
}
