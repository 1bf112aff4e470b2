import type { PlanStep, Provider } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { resumeRun, startRun } from '../index.ts';
import { ask, jobOf, step } from '../testing/plan.ts';
import { portsOf, unitsOf, linesOf } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';

describe('a step that names its provider', () => {
  const named = ask('named', { provider: 'big' });
  const plan = (model = 'large') => ({
    provider: { name: 'scripted', model: 'small' },
    providers: { big: { name: 'scripted', model, options: { temperature: 1 } } },
  });

  function two() {
    const [usual, big] = [scripted(() => 'usual'), scripted(() => 'big')];
    return {
      usual,
      big,
      ports: { ...portsOf({ provider: usual.provider }), providers: new Map([['big', big.provider]]) },
    };
  }

  test('asks that one, with its model and options; the others ask the provider of the job', async () => {
    const { usual, big, ports } = two();
    const runsDir = tempDir();
    const handle = startRun(jobOf([ask('plain'), named], plan()), ports, { runsDir, durability: 'relaxed' });
    expect((await handle.result).status).toBe('succeeded');
    expect(usual.asked.map(({ model, options, asked }) => [asked.step, model, options])).toEqual([
      ['plain', 'small', {}],
    ]);
    expect(big.asked.map(({ model, options, asked }) => [asked.step, model, options])).toEqual([
      ['named', 'large', { temperature: 1 }],
    ]);
    const started = linesOf(handle.dir).filter((event) => event.type === 'step.started');
    expect(started.map(({ data }) => data.candidate)).toEqual([
      { provider: 'scripted', model: 'small' },
      { provider: 'scripted', model: 'large' },
    ]);
  });

  test('runs anew when what that name stands for changes, and only then', async () => {
    const { ports } = two();
    const steps: PlanStep[] = [ask('plain'), named];
    const first = startRun(jobOf(steps, plan()), ports, { runsDir: tempDir(), durability: 'relaxed' });
    const { dir } = await first.result;
    const before = linesOf(dir).length;
    await resumeRun(dir, jobOf(steps, plan('huge')), ports, { durability: 'relaxed' }).result;
    expect(unitsOf(linesOf(dir).slice(before), 'step.started')).toEqual(['named']);
  });

  test('fails when there is nobody of that name', async () => {
    const { usual } = two();
    const ports = portsOf({ provider: usual.provider });
    const { manifest } = await startRun(jobOf([named], plan()), ports, { runsDir: tempDir(), durability: 'relaxed' })
      .result;
    expect(manifest.failures).toMatchObject([
      {
        code: 'unconfigured',
        message: 'Step named asks a model, and nobody was chosen for its provider big to answer.',
      },
    ]);
  });

  test('asks it in a frozen run for what the cache has of it', async () => {
    const { big, ports } = two();
    const runsDir = tempDir();
    const job = jobOf([named], plan());
    await startRun(job, ports, { runsDir, durability: 'relaxed' }).result;
    const closed: Provider = { ...big.provider, stream: () => expect.unreachable() };
    const frozen = { ...ports, providers: new Map([['big', closed]]) };
    const { status } = await startRun(job, frozen, { runsDir, durability: 'relaxed', frozen: true }).result;
    expect(status).toBe('succeeded');
  });
});

test.each([
  ['who makes its answers up, and so calls nobody', false, 'succeeded'],
  ['nobody else', true, 'failed'],
])('a frozen run asks %s', async (_, shareable, status) => {
  const { provider } = scripted(() => 'bought', { shareable });
  const answer: Provider = { ...provider, complete: async () => ({ text: 'echo', finishReason: 'stop', usage: {} }) };
  const options = { runsDir: tempDir(), durability: 'relaxed', frozen: true, limit: 2 } as const;
  const handle = startRun(jobOf([ask('a')]), portsOf({ provider: answer }), options);
  expect((await handle.result).status).toBe(status);
  expect(unitsOf(linesOf(handle.dir), 'llm.request')).toEqual([]);
  expect(linesOf(handle.dir)[0]?.data).toMatchObject({ given: { frozen: true, limit: 2 } });
});

test('with template: false the fields of a step are text as it stands', async () => {
  const run = 'echo "{{ vars.x }} {% nope %}" \'{{ item }}\'';
  const shell = (more: Partial<PlanStep>) =>
    step('x', { kind: 'shell', fields: { run, env: {}, output: 'text' }, ...more });
  const ports = portsOf({ commandEnv: { PATH: process.env['PATH'] ?? '' } });
  const end = async (one: PlanStep) => {
    const { manifest } = await startRun(jobOf([one]), ports, { runsDir: tempDir(), durability: 'relaxed' }).result;
    return manifest.steps['x']?.output?.inline ?? manifest.failures[0]?.code;
  };
  expect(await end(shell({ template: false }))).toBe('{{ vars.x }} {% nope %} {{ item }}');
  expect(await end(shell({}))).toBe('template');
});
