import { OrchError } from '@orch/contracts';
import type { ModelRequest, OrchEvent, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, each, once, step } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { linesOf, nameOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';
import { cut, scripted } from '../testing/scripted.ts';

const json = { fields: { prompt: 'p', output: 'json', repair: { rounds: 0 } } };

test('a truncated answer is not bought again by a resume; --retry-failed asks for another one', async () => {
  const model = scripted([cut('half'), 'whole']);
  const settings = { durability: 'relaxed', provider: model.provider } as const;
  const first = await runJob([ask('q')], { ...settings, runsDir: tempDir() });
  const plain = await resumeJob(first.dir, [ask('q')], settings);
  expect(plain.result.manifest.failures).toMatchObject([{ step: 'q', code: 'truncated' }]);
  expect(samples(model.asked)).toEqual([0]);
  const retried = await resumeJob(first.dir, [ask('q')], { ...settings, retryFailed: true });
  expect(retried.result.status).toBe('succeeded');
  expect(samples(model.asked)).toEqual([0, 1]);
  expect(rejected(retried.events)).toEqual([['q', 'retry_failed']]);
});

test('an answer that a step rejected is never taken again, and is marked once', async () => {
  const model = scripted(['no json', 'nor this', '{"t": 1}']);
  const settings = { durability: 'relaxed', provider: model.provider } as const;
  const steps = [ask('q', { ...json, retry: once })];
  const first = await runJob(steps, { ...settings, runsDir: tempDir() });
  expect(first.result.manifest.failures).toMatchObject([{ code: 'bad_answer' }]);
  const retried = await resumeJob(first.dir, steps, { ...settings, retryFailed: true });
  expect(retried.result.status).toBe('succeeded');
  expect(samples(model.asked)).toEqual([0, 1, 2]);
  expect(rejected(linesOf(first.dir))).toEqual([
    ['q', 'llm'],
    ['q', 'llm'],
  ]);
});

test('of a fan-out only the items that failed ask for other answers', async () => {
  const model = scripted(({ asked, messages }) => {
    return messages[0]?.content === 'bad' && asked.sample === 0 ? cut('half') : 'whole';
  });
  const settings = { durability: 'relaxed', provider: model.provider, plan: { concurrency: 1 } } as const;
  const steps = [ask('many', { each: each('good', 'bad'), fields: { prompt: '{{ item }}', output: 'text' } })];
  const first = await runJob(steps, { ...settings, runsDir: tempDir() });
  const { result, events } = await resumeJob(first.dir, steps, { ...settings, retryFailed: true });
  expect(result.status).toBe('succeeded');
  expect(model.asked.map(({ asked }) => [asked.item, asked.sample])).toEqual([
    ['good', 0],
    ['bad', 0],
    ['bad', 1],
  ]);
  expect(rejected(events)).toEqual([['many/bad', 'retry_failed']]);
});

test.each<[string, () => Promise<string>]>([
  ['no answer came', () => Promise.reject(new OrchError('server', 'down', { retryable: false }))],
  ['the answer was used', () => Promise.resolve('{"t": 1}')],
])('nothing is marked where %s', async (what, answer) => {
  const model = scripted(answer);
  const settings = { durability: 'relaxed', provider: model.provider } as const;
  const broken = probe(() => {
    throw new OrchError('assertion', 'no', { retryable: false });
  });
  const steps: PlanStep[] = [ask('q', json), step('bad', { needs: ['q'] })];
  const first = await runJob(steps, { ...settings, kinds: [broken], runsDir: tempDir() });
  expect(first.result.status).toBe('failed');
  const { events } = await resumeJob(first.dir, steps, { ...settings, kinds: [broken], retryFailed: true });
  expect(rejected(events)).toEqual([]);
  const known = what === 'the answer was used';
  expect(unitsOf(events, 'step.started')).toEqual(known ? ['bad'] : ['q']);
  expect(samples(model.asked)).toEqual(known ? [0] : [0, 0]);
});

test('the marks stay: the attempt after a retried one does not fall back on the old answer', async () => {
  const model = scripted([cut('half'), cut('half again')]);
  const settings = { durability: 'relaxed', provider: model.provider } as const;
  const { dir } = await runJob([ask('q')], { ...settings, runsDir: tempDir() });
  await resumeJob(dir, [ask('q')], { ...settings, retryFailed: true });
  const plain = await resumeJob(dir, [ask('q')], settings);
  expect(samples(model.asked)).toEqual([0, 1]);
  expect(plain.result.manifest.failures).toMatchObject([{ code: 'truncated' }]);
});

function samples(asked: readonly ModelRequest[]): number[] {
  return asked.map((request) => request.asked.sample);
}

function rejected(events: readonly OrchEvent[]): [string, string][] {
  return events.flatMap((event) => (event.type === 'reply.rejected' ? [[nameOf(event), event.data.by]] : []));
}
