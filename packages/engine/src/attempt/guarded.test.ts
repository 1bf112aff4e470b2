import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrchEvent, Provider, StepKind } from '@orch/contracts';
import { openBlobs } from '@orch/filestore';
import { tempDir } from '@orch/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRun } from '../index.ts';
import { loadOutput, storeOutput } from '../run/outputs.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { ask, jobOf, step } from '../testing/plan.ts';
import { probe, untilAborted, witness } from '../testing/probe.ts';
import { linesOf, portsOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';

const relaxed = { durability: 'relaxed' } as const;

test('a run that goes on cannot be gone on with by anybody else', async () => {
  const started = Promise.withResolvers<void>();
  const kind = probe((host) => (started.resolve(), untilAborted(host)));
  const handle = startRun(jobOf([step('a')]), portsOf({ kinds: [kind] }), { ...relaxed, runsDir: tempDir() });
  await started.promise;
  const before = readFileSync(join(handle.dir, 'events.jsonl'), 'utf8');
  await expect(resumeJob(handle.dir, [step('a')], relaxed)).rejects.toMatchObject({ code: 'locked' });
  expect(readFileSync(join(handle.dir, 'events.jsonl'), 'utf8')).toBe(before);
  handle.cancel();
  expect((await handle.result).status).toBe('canceled');
});

test('a line that was acknowledged and is damaged now stops a resume, which touches nothing', async () => {
  const { kind } = witness();
  const { dir } = await runJob([step('a'), step('b')], { runsDir: tempDir(), kinds: [kind] });
  const path = join(dir, 'events.jsonl');
  const damaged = readFileSync(path, 'utf8').replace('"type":"step.started"', '"type":"step.startet');
  writeFileSync(path, damaged);
  await expect(resumeJob(dir, [step('a'), step('b')], { kinds: [kind] })).rejects.toMatchObject({
    code: 'corrupt_log',
  });
  expect(readFileSync(path, 'utf8')).toBe(damaged);
});

test('a step runs again when a need wrote another file, though it said the same, and when its kind has changed', async () => {
  const maker = (text: string) => step('maker', { fields: { text } });
  const user = step('user', { needs: ['maker'] });
  const kind = probe(async ({ step: id, write }, input) => {
    if (id === 'maker') await write('made.txt', (input as { text: string }).text);
    return id;
  });
  const newer: StepKind = { ...kind, version: 2 };
  const { dir } = await runJob([maker('one'), user], { ...relaxed, runsDir: tempDir(), kinds: [kind] });
  const other = await resumeJob(dir, [maker('two'), user], { ...relaxed, kinds: [kind] });
  expect(unitsOf(other.events, 'step.started')).toEqual(['maker', 'user']);
  const same = await resumeJob(dir, [maker('two'), user], { ...relaxed, kinds: [kind] });
  expect(unitsOf(same.events, 'step.started')).toEqual([]);
  const changed = await resumeJob(dir, [maker('two'), user], { ...relaxed, kinds: [newer] });
  expect(unitsOf(changed.events, 'step.started')).toEqual(['maker', 'user']);
});

test('an output whose bytes are gone or damaged is an error, never another value', () => {
  const dir = tempDir();
  const blobs = openBlobs(dir, relaxed);
  const ref = storeOutput('x'.repeat(10_000), blobs);
  expect(ref).not.toHaveProperty('inline');
  const path = join(dir, ref.sha256.slice(0, 2), ref.sha256);
  chmodSync(path, 0o644);
  writeFileSync(path, '');
  expect(() => loadOutput(ref, blobs)).toThrow(expect.objectContaining({ code: 'corrupt_log' }));
  expect(() => loadOutput(ref, openBlobs(tempDir()))).toThrow(expect.objectContaining({ code: 'corrupt_log' }));
});

test('an answer whose stream stops before its end fails the step, is not kept, and is asked for again', async () => {
  const runsDir = tempDir();
  const { provider, asked } = scripted(['half', 'whole']);
  const broken: Provider = {
    ...provider,
    async *stream(request, context) {
      const unheard = () => Promise.resolve();
      for await (const delta of provider.stream(request, { ...context, afterRequest: unheard })) {
        if (delta.type === 'text') yield delta;
      }
    },
  };
  const first = await runJob([ask('q')], { ...relaxed, runsDir, provider: broken });
  expect(first.result.manifest.failures).toMatchObject([{ step: 'q', code: 'network' }]);
  const second = await runJob([ask('q')], { ...relaxed, runsDir, provider });
  expect(second.result.manifest.steps['q']).toMatchObject({ status: 'succeeded', output: { inline: 'whole' } });
  expect(asked).toHaveLength(2);
});

test('the same question to the same model of another service is another question', async () => {
  const runsDir = tempDir();
  const { provider, asked } = scripted(['here', 'elsewhere']);
  const elsewhere: Provider = {
    ...provider,
    identify: (request) => ({ ...provider.identify(request), service: 'models.example/v1' }),
  };
  const outputs: unknown[] = [];
  for (const one of [provider, elsewhere, elsewhere, provider]) {
    const { result } = await runJob([ask('q')], { ...relaxed, runsDir, provider: one });
    outputs.push(result.manifest.steps['q']?.output?.inline);
  }
  expect(outputs).toEqual(['here', 'elsewhere', 'elsewhere', 'here']);
  expect(asked).toHaveLength(2);
});

describe('the command of a lost attempt', () => {
  const ports = portsOf({ commandEnv: { PATH: process.env['PATH'] ?? '' } });
  const command = (run: string) => [step('cmd', { kind: 'shell', fields: { run } })];

  /** A run whose command goes on, and a copy of it as a kill would leave it when the log told of the command, or before. */
  async function running(jobId: string, line: string, isTold = false) {
    const runsDir = tempDir();
    const left = Promise.withResolvers<string>();
    const onEvent = ({ type, seq }: OrchEvent): void => {
      if (type !== 'process.started') return;
      const dir = copyRun(join(runsDir, jobId), tempDir());
      if (!isTold) cutLog(dir, { lines: seq - 1 });
      left.resolve(dir);
    };
    const handle = startRun(jobOf(command(line)), ports, { ...relaxed, runsDir, jobId, onEvent });
    onTestFinished(() => handle.cancel());
    return { handle, left: await left.promise };
  }

  /** Equal in the runs of a test, and in no other test on this machine. */
  const sleeping = () => `exec sleep 600 # ${tempDir()}`;

  test.for([
    ['that the log tells of', true],
    ['that was started when the log could not tell any more', false],
  ] as const)('%s is ended before the next attempt starts', async ([_, isTold], { skip }) => {
    skip(!isTold && process.platform !== 'linux', 'only Linux can find it');
    const { handle, left } = await running('job_0123456789ab', sleeping(), isTold);
    const { result } = await resumeJob(left, command('true'), relaxed);
    expect(result.status).toBe('succeeded');
    const { failures } = (await handle.result).manifest;
    expect(failures).toMatchObject([{ step: 'cmd', message: expect.stringContaining('was ended by SIGTERM') }]);
  });

  test('is told apart from that of another run with the same step', async () => {
    const line = sleeping();
    const other = await running('job_bbbbbbbbbbbb', line);
    const own = await running('job_aaaaaaaaaaaa', line);
    await resumeJob(own.left, command('true'), relaxed);
    expect((await own.handle.result).status).toBe('failed');
    other.handle.cancel();
    expect((await other.handle.result).status).toBe('canceled');
  });
});

test.each([
  ['this machine is given to the other runs there', 0],
  ['another machine stays in its folder', 1],
])('an answer that was kept when the process died, of a run from %s', async (where, calls) => {
  const runsDir = tempDir();
  const { dir } = await runJob([ask('q')], { ...relaxed, runsDir, provider: scripted(['kept']).provider });
  cutLog(dir, { lines: 1 + linesOf(dir).findIndex(({ type }) => type === 'llm.request') });
  rmSync(join(runsDir, '.cache'), { recursive: true });
  if (where.startsWith('another')) rmSync(join(dir, 'inputs', 'origin.json'));
  const resumed = await resumeJob(dir, [ask('q')], { ...relaxed, provider: scripted([]).provider });
  expect(resumed.result.manifest.steps['q']).toMatchObject({ output: { inline: 'kept' } });
  const { provider, asked } = scripted(['new']);
  await runJob([ask('q')], { ...relaxed, runsDir, provider });
  expect(asked).toHaveLength(calls);
});
