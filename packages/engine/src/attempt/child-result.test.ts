import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@orch/cache';
import type { OrchEvent, PlanStep, Reply } from '@orch/contracts';
import { OrchError } from '@orch/contracts';
import { foldLog, logStart, toManifest, verifyLog } from '@orch/events';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { askRun, explainResume } from '../index.ts';
import { ask, each, jobOf, once, step, write } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { linesOf, resumeJob, reusedOf, runJob } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';
import { subJob } from '../testing/sub-job.ts';

const relaxed = { durability: 'relaxed' } as const;

const reply = (text: string): Reply => ({ text, finishReason: 'stop', usage: { tokensIn: 10, tokensOut: 1 } });
const approve = step('ok', { kind: 'approve', needs: ['q'], fields: { question: 'Deploy?' } });

function publish(entries: readonly object[], needs: readonly string[]): PlanStep {
  return step('out', { kind: 'files', needs, fields: { publish: [...entries] as never } });
}

describe('what the run of a step spent', () => {
  const spent = (calls: number) => ({ tokens_in: 10 * calls, tokens_out: calls, provider_calls: calls, in_doubt: 0 });

  test('counts in the run that began it, however deep, and a reused one costs nothing new', async () => {
    const model = scripted(() => reply('yes'));
    const inner = subJob('deep', [ask('q', { cache: 'off' })]);
    const steps = [ask('own'), subJob('sub', [inner, ask('q')], { each: each('x', 'y') })];
    const settings = { ...relaxed, provider: model.provider };
    const { dir, result } = await runJob(steps, { ...settings, runsDir: tempDir() });
    const asked = model.asked.length;
    expect(asked).toBe(4);
    expect(result.manifest.costs).toMatchObject(spent(asked));
    expect(result.manifest.steps).toMatchObject({ own: { provider_calls: 1 }, sub: { provider_calls: asked - 1 } });
    const again = await resumeJob(dir, steps, settings);
    expect(reusedOf(again.events)).toContain('sub');
    expect(again.result.manifest.costs).toMatchObject(spent(asked));
    expect((await explainResume(dir, jobOf(steps))).saved).toEqual({ calls: asked, tokensIn: 40, tokensOut: 4 });
  });

  test('counts once when it goes on after a question', async () => {
    const model = scripted(() => reply('yes'));
    const last = ask('last', { needs: ['ok'], fields: { prompt: 'last', output: 'text' } });
    const steps = [subJob('sub', [ask('q'), approve, last])];
    const settings = { ...relaxed, provider: model.provider };
    const { dir, result } = await runJob(steps, { ...settings, runsDir: tempDir() });
    expect([result.status, result.manifest.costs]).toMatchObject(['waiting', spent(1)]);
    await askRun(dir, { kind: 'answer', step: 'sub', granted: true, by: 'ada' });
    const ended = (await resumeJob(dir, steps, settings)).result;
    expect([ended.status, ended.manifest.costs]).toMatchObject(['succeeded', spent(2)]);
    expect(ended.manifest.steps['sub']).toMatchObject({ attempts: 1, provider_calls: 2 });
    const succeeded = linesOf(dir).find(({ type }) => type === 'step.succeeded');
    expect(succeeded).toMatchObject({ step: 'sub', data: { provider_calls: 1, tokens_in: 10 } });
  });

  test('counts also when it failed, and once when it is tried again', async () => {
    const model = scripted(() => reply('yes'));
    let fails = 2;
    const kind = probe(() => {
      if (fails-- > 0) throw new OrchError('command_failed', 'not yet');
      return 'done';
    });
    const steps = [subJob('sub', [ask('q'), step('b', { needs: ['q'] })], { retry: once })];
    const settings = { ...relaxed, provider: model.provider, kinds: [kind] };
    const { dir, result } = await runJob(steps, { ...settings, runsDir: tempDir() });
    expect([result.status, result.manifest.costs]).toMatchObject(['failed', spent(1)]);
    const { manifest } = (await resumeJob(dir, steps, settings)).result;
    expect(manifest.costs).toMatchObject(spent(1));
    const { state } = foldLog(join(dir, 'events.jsonl'));
    expect(toManifest(state, logStart).costs).toEqual(manifest.costs);
    expect([state.misfits, await verifyLog(join(dir, 'events.jsonl'))]).toMatchObject([[], { ok: true }]);
  });
});

describe('the files of the run of a step', () => {
  const outputs = (dir: string, path: string) => readFileSync(join(dir, 'outputs/test', path), 'utf8');
  const filesOf = (events: readonly OrchEvent[], id: string) => {
    const found = events.findLast((event) => event.type === 'step.succeeded' && event.step === id && !event.item);
    return (found as OrchEvent<'step.succeeded'>).data.files;
  };

  test('are files of the step, below its name, with the same digests', async () => {
    const sub = subJob('sub', [write('w', { 'a.md': 'A', 'deep/b.md': 'B' })]);
    const see = write('see', { 'see.md': '{% for f in steps.sub.files %}{{ f.path }}={{ f.text }} {% endfor %}' });
    const steps = [sub, { ...see, needs: ['sub'] }];
    const { dir, result, events } = await runJob(steps, { ...relaxed, runsDir: tempDir() });
    expect(result.status).toBe('succeeded');
    expect(filesOf(events, 'sub')).toEqual([
      { path: 'outputs/test/sub/a.md', sha256: sha256('A'), size_bytes: 1 },
      { path: 'outputs/test/sub/deep/b.md', sha256: sha256('B'), size_bytes: 1 },
    ]);
    expect(outputs(dir, 'see.md')).toBe('sub/a.md=A sub/deep/b.md=B ');
    expect(result.manifest.files.map(({ path, step: of }) => [path, of])).toContainEqual([
      ...['outputs/test/sub/a.md', 'sub'],
    ]);
  });

  test('can be published, those of each item apart, and are put back by a resume', async () => {
    const inner = [write('w', { 'page.md': '{{ vars.who }}' })];
    const sub = subJob('sub', inner, {
      ...{ each: each('x', 'y/z', '../up'), plan: { vars: { who: '' } }, vars: { who: '{{ item }}' } },
    });
    const steps = [sub, publish([{ from: 'sub/**/*.md', to: 'all/' }], ['sub'])];
    const { dir, result } = await runJob(steps, { ...relaxed, runsDir: tempDir() });
    expect(result.status).toBe('succeeded');
    expect([outputs(dir, 'all/x/page.md'), outputs(dir, 'all/y/z/page.md')]).toEqual(['x', 'y/z']);
    expect(result.manifest.files.map(({ path }) => path)).toContainEqual(
      expect.stringMatching(/^outputs\/test\/all\/_up-[0-9a-f]{12}\/page\.md$/),
    );
    writeFileSync(join(dir, 'outputs/test/sub/x/page.md'), 'spoiled');
    const again = await resumeJob(dir, steps, relaxed);
    expect(reusedOf(again.events)).toContain('out');
    expect(outputs(dir, 'sub/x/page.md')).toBe('x');
  });

  test('change what needs the step when only they change', async () => {
    const steps = (text: string) => [
      subJob('sub', [write('w', { 'a.md': text })]),
      publish([{ from: 'sub/a.md', to: 'a.md' }], ['sub']),
    ];
    const { dir } = await runJob(steps('one'), { ...relaxed, runsDir: tempDir() });
    await resumeJob(dir, steps('two'), relaxed);
    expect(outputs(dir, 'a.md')).toBe('two');
    expect(linesOf(dir).filter(({ type }) => type === 'job.linked')).toHaveLength(2);
  });
});
