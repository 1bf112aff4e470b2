import fs, { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import type { Manifest, OrchEvent, Provider } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { afterEach, expect, test, vi } from 'vitest';
import { askRun } from '../index.ts';
import { ask, step } from '../testing/plan.ts';
import { probe, witness } from '../testing/probe.ts';
import { linesOf, resumeJob, runJob } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';

const jobId = 'job_0123456789ab';
const relaxed = { durability: 'relaxed', jobId } as const;

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

test('a step runs only when its start is in the log, and a request leaves only when it is', async () => {
  const runsDir = tempDir();
  const seen: string[][] = [];
  const look = (): void => void seen.push(typesIn(runsDir));
  const kind = probe(() => (look(), null));
  const { provider } = scripted(() => (look(), 'answer'));
  await runJob([step('a'), ask('q', { needs: ['a'] })], { ...relaxed, runsDir, kinds: [kind], provider });
  expect(seen.map((types) => types.at(-1))).toEqual(['step.started', 'llm.request']);
});

test('the log tells of an answer only when it is kept', async () => {
  const runsDir = tempDir();
  const { provider } = scripted(['answer']);
  const seen: string[] = [];
  const slow: Provider = {
    ...provider,
    async *stream(request, context) {
      for await (const delta of provider.stream(request, context)) {
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate); // the whole answer is there, and not yet kept
        seen.push(...typesIn(runsDir));
        yield delta;
      }
    },
  };
  const { events } = await runJob([ask('q')], { ...relaxed, runsDir, provider: slow });
  expect(seen).toContain('llm.request');
  expect(seen).not.toContain('llm.response');
  expect(events.map(({ type }) => type)).toContain('llm.response');
});

test('observers are told of an event when it is in the log', async () => {
  const runsDir = tempDir();
  const early: string[] = [];
  const onEvent = ({ seq, type }: OrchEvent): void => {
    if (typesIn(runsDir).length < seq) early.push(type);
  };
  const { kind } = witness();
  await runJob([step('a'), step('b', { needs: ['a'] })], { ...relaxed, runsDir, kinds: [kind], onEvent });
  expect(early).toEqual([]);
});

test('a manifest claims no line that was not synced', async () => {
  const runsDir = tempDir();
  const claimed: unknown[] = [];
  const kind = probe(({ dirs }) => {
    const { log } = JSON.parse(readFileSync(join(dirs.run, 'manifest.json'), 'utf8')) as Manifest;
    claimed.push(log.seq);
    return null;
  });
  await runJob([step('a')], { ...relaxed, runsDir, kinds: [kind] });
  expect(claimed).toEqual([0]);
});

test('a relaxed run is synced when it ends, and its manifest claims it then', async () => {
  const settings = { kinds: [witness().kind], durability: 'relaxed' } as const;
  const { dir, result, events } = await runJob([step('a')], { ...settings, runsDir: tempDir() });
  expect(result.manifest.log.seq).toBe(events.length);
  const strict = await resumeJob(dir, [step('a')], { ...settings, durability: 'strict' });
  expect(strict.result.manifest.log.seq).toBe(events.length + strict.events.length);
});

test('a request stays in the inbox until the log tells of it', async () => {
  const steps = [step('a', { on_lost: 'ask' }), step('b')];
  const runsDir = tempDir();
  const { kind } = witness();
  const { dir } = await runJob(steps, { ...relaxed, runsDir, kinds: [kind], plan: { concurrency: 1 } });
  const left = copyRun(dir, tempDir());
  cutLog(left, { lines: 1 + linesOf(dir).findIndex(({ type }) => type === 'step.started') });
  const [waits, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = probe(() => answered.promise.then(() => null));
  const onEvent = ({ type }: OrchEvent): void => {
    if (type === 'step.waiting') waits.resolve();
  };
  const running = resumeJob(left, steps, { durability: 'relaxed', kinds: [slow], onEvent });
  await waits.promise;
  const seen = watchRemovals(join(left, 'inbox'), () => linesOf(left).map(({ type }) => type));
  expect(await askRun(left, { kind: 'answer', step: 'a', granted: true, by: 'me' })).toBe('there');
  answered.resolve();
  await running;
  expect(seen).toEqual([expect.arrayContaining(['approval.granted'])]);
});

function typesIn(runsDir: string): string[] {
  return linesOf(join(runsDir, jobId)).map(({ type }) => type);
}

/** What there is to see whenever a file of a folder is about to be removed. */
function watchRemovals<T>(folder: string, look: () => T): T[] {
  const seen: T[] = [];
  const { rmSync } = fs;
  vi.spyOn(fs, 'rmSync').mockImplementation((path, options) => {
    if (String(path).startsWith(folder)) seen.push(look());
    rmSync(path, options);
  });
  syncBuiltinESMExports();
  return seen;
}
