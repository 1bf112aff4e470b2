import { existsSync, mkdirSync, readFileSync, readlinkSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { Json, OrchEvent, PlanStep } from '@orch/contracts';
import { foldLog, verifyLog } from '@orch/events';
import { loadJob } from '@orch/spec';
import { FakeClock, tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { askRun, openQuestions, resumeRun, startRun } from '../index.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { ask, each, jobOf, once, step, write } from '../testing/plan.ts';
import { probe, untilAborted, witness } from '../testing/probe.ts';
import { linesOf, portsOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';
import { subJob } from '../testing/sub-job.ts';

const relaxed = { durability: 'relaxed' } as const;

/** The folders of the runs that a run began, in their order. */
function childrenOf(dir: string): string[] {
  const linked = linesOf(dir).flatMap((event) => (event.type === 'job.linked' ? [event.data.job_id] : []));
  return [...new Set(linked)].map((id) => join(dirname(dir), id));
}

function outputOf(events: readonly OrchEvent[], id: string): Json {
  const found = events.findLast(
    ({ type, step: of, item }) => type === 'step.succeeded' && of === id && item === undefined,
  );
  return JSON.parse((found as OrchEvent<'step.succeeded'>).data.output.inline ?? '') as Json;
}

/** How many times a run was begun or gone on with, and how it stands. */
function standing(dir: string): string {
  const { status, attempt } = foldLog(join(dir, 'events.jsonl')).state;
  return `${status} ${attempt}`;
}

const asking = step('ok', { kind: 'approve', fields: { question: 'Deploy?', options: ['eu', 'us'] } });

describe('a step that runs a job', () => {
  test('gives it a run of its own, and the outputs of its steps to those that need it', async () => {
    const runsDir = tempDir();
    const inner = [step('a', { fields: { n: 1 } }), step('b', { needs: ['a'] })];
    const after = step('after', { needs: ['sub'], fields: { got: '{{ steps.sub.output.b }}' } });
    const kind = probe(({ step: id }, input) => [id, input]);
    const { dir, result, events } = await runJob([subJob('sub', inner), after], { ...relaxed, runsDir, kinds: [kind] });
    expect(result.status).toBe('succeeded');
    expect(outputOf(events, 'sub')).toEqual({ a: ['a', { n: 1 }], b: ['b', {}] });
    expect(outputOf(events, 'after')).toEqual(['after', { got: '["b",{}]' }]);
    const [child = ''] = childrenOf(dir);
    expect(standing(child)).toBe('succeeded 1');
    expect(await verifyLog(join(child, 'events.jsonl'))).toMatchObject({ ok: true });
  });

  test('hands values over as what they are: a lone tag gives a list, and text is read as its default wants it', async () => {
    const kind = probe((_, input) => input);
    const inner = [
      step('a', { fields: { list: '{{ vars.list | size }}', n: '{{ vars.n | plus: 1 }}', t: '{{ vars.t }}' } }),
    ];
    const made = step('made', { fields: { tags: ['x', 'y'], n: 3 } });
    const vars = {
      list: '{{ steps.made.output.tags }}',
      n: '{{ steps.made.output.n }}0',
      t: '{{ steps.made.output.n }}',
    };
    const plan = { vars: { list: ['a'], n: 1, t: 'text' } };
    const sub = (more: object) => subJob('sub', inner, { needs: ['made'], plan, vars: { ...vars, ...more } });
    const settings = { ...relaxed, kinds: [kind] };
    const { events } = await runJob([made, sub({})], { ...settings, runsDir: tempDir() });
    expect(outputOf(events, 'sub')).toEqual({ a: { list: '2', n: '31', t: '3' } });
    const { result } = await runJob([made, sub({ n: 'x{{ steps.made.output.n }}' })], {
      ...settings,
      runsDir: tempDir(),
    });
    expect(result.manifest.failures).toMatchObject([
      { code: 'spec', message: `vars.n: expected a number, as the job's default 1 says, got "x3".` },
    ]);
  });

  test('fails with the step that its run failed for', async () => {
    const steps = [subJob('sub', [step('bad', { kind: 'shell', fields: { run: 'exit 3' } })])];
    const { result } = await runJob(steps, { ...relaxed, runsDir: tempDir(), commandEnv: { PATH: '/bin:/usr/bin' } });
    expect(result.manifest.failures[0]?.message).toMatch(
      /^job_[0-9a-f]{12}: step bad: Expected `exit 3` to exit with 0/,
    );
  });

  test('stands in the log before it begins, and the child names its parent; latest stays the parent', async () => {
    const runsDir = tempDir();
    const { kind } = witness();
    const steps = [subJob('sub', [step('a')], { each: each('x', 'y') })];
    const { dir, result } = await runJob(steps, { ...relaxed, runsDir, kinds: [kind] });
    expect(result.status).toBe('succeeded');
    const children = childrenOf(dir);
    expect(children).toHaveLength(2);
    const parents = children.map((child) => (linesOf(child)[0] as OrchEvent<'job.started'>).data.parent);
    expect(parents).toEqual(['x', 'y'].map((item) => ({ job_id: basename(dir), step: 'sub', item })));
    expect(readlinkSync(join(runsDir, 'latest'))).toBe(basename(dir));
    await resumeJob(children[0] ?? '', [step('a')], { ...relaxed, kinds: [kind], plan: { project: 'sub' } });
    expect(foldLog(join(children[0] ?? '', 'events.jsonl')).state.parent).toEqual(parents[0]);
    expect(readlinkSync(join(runsDir, 'latest'))).toBe(basename(dir));
  });

  test('hands it vars over its own', async () => {
    const runsDir = tempDir();
    const inner = [write('w', { 'w.md': 'x' })];
    const sub = subJob('sub', inner, { plan: { vars: { a: 1, b: 'x' } }, vars: { b: '{{ vars.who }}' } });
    const { dir } = await runJob([sub], { ...relaxed, runsDir, plan: { vars: { who: 'me' } } });
    const { plan_hash: hash } = (linesOf(childrenOf(dir)[0] ?? '')[0] as OrchEvent<'job.started'>).data;
    const provider = { name: 'scripted', model: 'm' };
    expect(hash).toBe(jobOf(inner, { project: 'sub', vars: { a: 1, b: 'me' }, provider }).planHash);
  });

  test('runs what the job language makes of it: its own templates, files beside it, vars of its parent', async () => {
    const jobDir = tempDir();
    const files = {
      'job.yaml': `
project: outer
vars: {who: Ada}
steps:
  sub: {spec: parts/sub.yaml, vars: {name: "{{ vars.who }}"}}
  after: {write: {out.md: "{{ steps.sub.output.say }}"}}
`,
      'parts/sub.yaml': `
project: inner
vars: {name: nobody, greeting: Hello}
steps:
  name: {uses: ./name.mjs}
  say: {run: "printf %s,%s {{ vars.greeting }} {{ steps.name.output }}"}
`,
      'parts/name.mjs': 'export default ({ vars }) => vars.name.toUpperCase();',
    };
    mkdirSync(join(jobDir, 'parts'));
    for (const [path, content] of Object.entries(files)) writeFileSync(join(jobDir, path), content);
    const readFile = async (path: string) => readFileSync(path, 'utf8');
    const digest = (plan: unknown) => sha256(canonicalJson(plan));
    const job = await loadJob(files['job.yaml'], { file: 'job.yaml', jobDir, readFile, digest });
    if (!job.ok) throw new Error(job.error.map(({ message }) => message).join());
    const ports = portsOf({ commandEnv: { PATH: '/bin:/usr/bin' } });
    const { result, dir } = startRun(job.value, ports, { ...relaxed, runsDir: tempDir() });
    expect((await result).status).toBe('succeeded');
    expect(readFileSync(join(dir, 'outputs/outer/out.md'), 'utf8')).toBe('Hello,ADA');
  });

  test('lends it its provider and cache: an answer that either paid for is paid for once', async () => {
    const model = scripted(['one']);
    const runsDir = tempDir();
    const settings = { ...relaxed, runsDir, provider: model.provider };
    const { result } = await runJob([ask('q'), subJob('sub', [ask('q')], { needs: ['q'] })], settings);
    expect(result.status).toBe('succeeded');
    expect(model.asked).toHaveLength(1);
  });

  test('lends it those that it names, and fails for one that it does not have', async () => {
    const model = scripted(['one']);
    const other = { name: 'scripted', model: 'other' };
    const settings = () => ({ ...relaxed, runsDir: tempDir(), provider: scripted([]).provider });
    const sub = subJob('sub', [ask('q')], { plan: { provider: other } });
    const found = await runJob([sub], {
      ...{ ...settings(), providers: new Map([['mine', model.provider]]) },
      plan: { providers: { mine: other } },
    });
    expect(found.result.status).toBe('succeeded');
    expect(model.asked).toHaveLength(1);
    const { result } = await runJob([sub], settings());
    expect(result.manifest.failures).toMatchObject([{ step: 'sub', code: 'unconfigured' }]);
  });

  test('fails with its error, and names its run', async () => {
    const kind = probe(() => {
      throw new OrchError('assertion', 'no good', { retryable: false });
    });
    const { dir, result } = await runJob([subJob('sub', [step('a')])], {
      ...relaxed,
      runsDir: tempDir(),
      kinds: [kind],
    });
    const [child = ''] = childrenOf(dir);
    expect(result.manifest.failures).toMatchObject([
      { step: 'sub', code: 'assertion', message: `${basename(child)}: step a: no good` },
    ]);
  });

  test('tried again goes on with the same run, and does again only what failed', async () => {
    const ran: string[] = [];
    const kind = probe(({ step: id }) => {
      ran.push(id);
      if (id === 'b' && ran.length < 3) throw new OrchError('command_failed', 'not yet');
      return id;
    });
    const steps = [subJob('sub', [step('a'), step('b', { needs: ['a'] })], { retry: once })];
    const { dir, result } = await runJob(steps, { ...relaxed, runsDir: tempDir(), kinds: [kind] });
    expect(result.status).toBe('succeeded');
    expect(ran).toEqual(['a', 'b', 'b']);
    expect(childrenOf(dir).map(standing)).toEqual(['succeeded 2']);
  });

  test('that begins itself without end is stopped', async () => {
    let inner = step('a', { kind: 'files', fields: { write: { 'a.md': 'a' } } });
    for (let depth = 0; depth < 34; depth++) inner = subJob('sub', [inner]);
    const { result } = await runJob([inner], { ...relaxed, runsDir: tempDir() });
    expect(result.manifest.failures).toMatchObject([
      { code: 'spec', message: expect.stringContaining('at most 32 jobs') },
    ]);
  }, 20_000);
});

describe('resumed', () => {
  const steps = [subJob('sub', [step('a'), step('b', { needs: ['a'] })]), step('after', { needs: ['sub'] })];

  test('a step whose inputs are the same is reused: its run is not even looked at', async () => {
    const { kind, ran } = witness();
    const { dir } = await runJob(steps, { ...relaxed, runsDir: tempDir(), kinds: [kind] });
    const { result, events } = await resumeJob(dir, steps, { ...relaxed, kinds: [kind] });
    expect(result.status).toBe('succeeded');
    expect(unitsOf(events, 'job.linked')).toEqual([]);
    expect(ran).toEqual(['a', 'b', 'after']);
  });

  test('a step that was killed at any event goes on with the same run, which does nothing twice', async () => {
    const runsDir = tempDir();
    const jobId = 'job_0123456789ab';
    const left: string[] = [];
    const { kind } = witness();
    const onEvent = ({ seq }: OrchEvent): void => {
      const copy = copyRun(join(runsDir, jobId), tempDir());
      cutLog(copy, { lines: seq });
      left.push(copy);
    };
    const settings = { ...relaxed, kinds: [kind] };
    const whole = await runJob(steps, { ...settings, runsDir, jobId, onEvent });
    const [child = ''] = childrenOf(whole.dir);
    expect(left.length).toBeGreaterThan(5);
    for (const dir of left) {
      const { result } = await resumeJob(dir, steps, settings);
      expect(result.status).toBe('succeeded');
      expect(
        readdirSync(dirname(dir))
          .filter((name) => name.startsWith('job_'))
          .toSorted(),
      ).toEqual([basename(child), jobId].toSorted());
      const lines = linesOf(join(dirname(dir), basename(child)));
      for (const id of ['a', 'b']) expect(unitsOf(lines, 'step.succeeded').filter((unit) => unit === id)).toEqual([id]);
    }
  });

  test('a child that was killed anywhere goes on when its parent does', async () => {
    const runsDir = tempDir();
    const { kind } = witness();
    const settings = { ...relaxed, kinds: [kind] };
    const { dir } = await runJob(steps, { ...settings, runsDir });
    const [child = ''] = childrenOf(dir);
    const { length } = linesOf(child);
    const linked = 1 + linesOf(dir).findIndex(({ type }) => type === 'job.linked');
    for (let lines = 0; lines <= length; lines++) {
      const left = copyRun(dir, tempDir());
      cutLog(left, { lines: linked });
      cutLog(join(dirname(left), basename(child)), { lines, torn: 20 });
      const { result } = await resumeJob(left, steps, settings);
      expect(result.status).toBe('succeeded');
      expect(childrenOf(left).map((one) => basename(one))).toEqual([basename(child)]);
    }
  });

  test('with other inputs, or anew, it gets another run', async () => {
    const { kind, ran } = witness();
    const settings = { ...relaxed, kinds: [kind] };
    const { dir } = await runJob(steps, { ...settings, runsDir: tempDir() });
    const edited = [subJob('sub', [step('a'), step('b', { needs: ['a'], fields: { n: 2 } })]), ...steps.slice(1)];
    await resumeJob(dir, edited, settings);
    expect(childrenOf(dir)).toHaveLength(2);
    await resumeJob(dir, edited, { ...settings, from: 'sub' });
    const children = childrenOf(dir);
    expect(children.map(standing)).toEqual(['succeeded 1', 'succeeded 1', 'succeeded 1']);
    expect(ran.filter((id) => id === 'b')).toHaveLength(3);
  });

  test('anew and killed, it goes on with the run that it had begun anew', async () => {
    const failing = probe(({ step: id }) => {
      if (id === 'b') throw new OrchError('assertion', 'no good', { retryable: false });
      return id;
    });
    const { dir } = await runJob(steps, { ...relaxed, kinds: [failing], runsDir: tempDir() });
    const { kind } = witness();
    const settings = { ...relaxed, kinds: [kind] };
    await resumeJob(dir, steps, { ...settings, from: 'sub' });
    cutLog(dir, { lines: 1 + linesOf(dir).findLastIndex(({ type }) => type === 'job.linked') });
    expect((await resumeJob(dir, steps, settings)).result.status).toBe('succeeded');
    expect(childrenOf(dir).map(standing)).toEqual(['failed 1', 'succeeded 2']);
  });

  test('a run that a person canceled is not gone on with: the step fails, and begins another the next time', async () => {
    const kind = probe((host) => (host.step === 'b' ? untilAborted(host) : host.step));
    const begun = Promise.withResolvers<void>();
    const onEvent = ({ type }: OrchEvent): void => {
      if (type === 'job.linked') begun.resolve();
    };
    const runsDir = tempDir();
    const handle = startRun(jobOf(steps), portsOf({ kinds: [kind] }), { ...relaxed, runsDir, onEvent });
    await begun.promise;
    const [child = ''] = childrenOf(handle.dir);
    while (!existsSync(join(child, 'events.jsonl'))) await new Promise((resolve) => setImmediate(resolve));
    await askRun(child, { kind: 'cancel', reason: 'not this one', by: 'me' });
    const { manifest } = await handle.result;
    expect(manifest.failures).toMatchObject([{ step: 'sub', code: 'canceled' }]);
    expect(manifest.failures[0]?.message).toContain('not this one');
    const { result } = await resumeJob(handle.dir, steps, { ...relaxed, kinds: [witness().kind] });
    expect(result.status).toBe('succeeded');
    expect(childrenOf(handle.dir).map(standing)).toEqual(['canceled 1', 'succeeded 1']);
  });
});

describe('stopped', () => {
  /** A run whose child is in the middle of step `b`. */
  async function underWay(sub: Partial<PlanStep>, more: object) {
    const begun = Promise.withResolvers<void>();
    const kind = probe((host) => {
      if (host.step !== 'b') return host.step;
      begun.resolve();
      return untilAborted(host);
    });
    const steps = [subJob('sub', [step('b')], sub), step('after', { needs: ['sub'] })];
    const handle = startRun(jobOf(steps), portsOf({ kinds: [kind], ...more }), {
      ...relaxed,
      runsDir: tempDir(),
      ...more,
    });
    await begun.promise;
    return { handle, steps };
  }

  test('by a person, both are canceled', async () => {
    const { handle } = await underWay({}, {});
    handle.cancel('enough');
    expect((await handle.result).status).toBe('canceled');
    expect(childrenOf(handle.dir).map(standing)).toEqual(['canceled 1']);
  });

  test('by an interruption, both are paused, and go on together', async () => {
    const drain = new AbortController();
    const { handle, steps } = await underWay({}, { drain: drain.signal, graceMs: 0 });
    drain.abort(new OrchError('interrupted', 'Ctrl-C'));
    const { status, manifest } = await handle.result;
    expect(status).toBe('paused');
    expect(manifest.steps).toMatchObject({ after: { status: 'pending' } });
    expect(childrenOf(handle.dir).map(standing)).toEqual(['paused 1']);
    const { result } = await resumeJob(handle.dir, steps, { ...relaxed, kinds: [witness().kind] });
    expect(result.status).toBe('succeeded');
    expect(childrenOf(handle.dir).map(standing)).toEqual(['succeeded 2']);
  });

  test('gently, both are paused without a failure: the child finishes what runs, and starts nothing more', async () => {
    const drain = new AbortController();
    const kind = probe(({ step: id }) => {
      if (id === 'a') drain.abort(new OrchError('interrupted', 'Ctrl-C'));
      return id;
    });
    const steps = [subJob('sub', [step('a'), step('b', { needs: ['a'] })]), step('after', { needs: ['sub'] })];
    const { dir, result } = await runJob(steps, {
      ...relaxed,
      ...{ runsDir: tempDir(), kinds: [kind], drain: drain.signal },
    });
    expect(result).toMatchObject({
      status: 'paused',
      manifest: { failures: [], steps: { sub: { status: 'canceled' }, after: { status: 'pending' } } },
    });
    expect(childrenOf(dir).map(standing)).toEqual(['paused 1']);
    const { kind: free, ran } = witness();
    expect((await resumeJob(dir, steps, { ...relaxed, kinds: [free] })).result.status).toBe('succeeded');
    expect(ran).toEqual(['b', 'after']);
  });

  test('by its own timeout_s, the child fails for that and can go on', async () => {
    const clock = new FakeClock();
    const { handle, steps } = await underWay({ timeout_s: 10 }, { clock });
    await clock.advance(10_000);
    const { status, manifest } = await handle.result;
    expect({ status, failures: manifest.failures }).toMatchObject({
      status: 'failed',
      failures: [{ code: 'timeout' }],
    });
    expect(childrenOf(handle.dir).map(standing)).toEqual(['failed 1']);
    const { result } = await resumeJob(handle.dir, steps, { ...relaxed, kinds: [witness().kind] });
    expect(result.status).toBe('succeeded');
    expect(childrenOf(handle.dir).map(standing)).toEqual(['succeeded 2']);
  });
});

describe('a child that asks a person', () => {
  const inner = [step('a'), { ...asking, needs: ['a'] }];
  const steps = [subJob('sub', inner), step('after', { needs: ['sub'] }), step('other')];

  async function waiting() {
    const { kind, ran } = witness();
    const settings = { ...relaxed, kinds: [kind] };
    const { dir, result } = await runJob(steps, { ...settings, runsDir: tempDir() });
    const [child = ''] = childrenOf(dir);
    return { dir, child, ran, result, resume: () => resumeJob(dir, steps, settings) };
  }

  test('lets its parent wait with its question, while unrelated steps go on', async () => {
    const { dir, child, ran, result } = await waiting();
    expect(result.status).toBe('waiting');
    expect(ran.toSorted()).toEqual(['a', 'other']);
    expect(await openQuestions(dir)).toMatchObject([
      { step: 'sub', question: `${basename(child)}: Deploy?`, options: ['eu', 'us'] },
    ]);
    expect(standing(child)).toBe('waiting 1');
  });

  test('is answered through its parent', async () => {
    const { dir, child, ran, resume } = await waiting();
    const answer = { kind: 'answer', step: 'sub', granted: true, by: 'ada' } as const;
    await expect(askRun(dir, { ...answer, answer: 'mars' })).rejects.toMatchObject({ code: 'usage' });
    await askRun(dir, { ...answer, answer: 'eu' });
    expect((await resume()).result.status).toBe('succeeded');
    const granted = linesOf(child).find(({ type }) => type === 'approval.granted');
    expect(granted).toMatchObject({ step: 'ok', data: { answer: 'eu', by: 'ada' } });
    expect(ran.filter((id) => id === 'a')).toHaveLength(1);
  });

  test('is answered itself, and its parent goes on', async () => {
    const { dir, child, resume } = await waiting();
    await askRun(child, { kind: 'answer', step: 'ok', granted: true, answer: 'us', by: 'ada' });
    expect((await resume()).result.status).toBe('succeeded');
    expect(childrenOf(dir).map(standing)).toEqual(['succeeded 2']);
  });

  test.each(['ended', 'under way'])('is canceled with its parent, that has %s', async (when) => {
    const { dir, child } = await waiting();
    const cancel = { kind: 'cancel', reason: 'enough', by: 'me' } as const;
    if (when === 'ended') expect(await askRun(dir, cancel)).toBe('here');
    else {
      const open = Promise.withResolvers<void>();
      const kind = probe(({ step: id, signal }) => {
        if (id !== 'more') return id;
        open.resolve();
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      });
      const ports = portsOf({ kinds: [kind] });
      const handle = resumeRun(dir, jobOf([...steps, step('more')]), ports, relaxed);
      await open.promise;
      handle.cancel();
      expect((await handle.result).status).toBe('canceled');
    }
    expect(standing(child)).toMatch(/^canceled/);
  });

  test('and is told no fails with `rejected`, and its parent with it', async () => {
    const { dir, resume } = await waiting();
    await askRun(dir, { kind: 'answer', step: 'sub', granted: false, by: 'ada' });
    expect((await resume()).result.manifest.failures).toMatchObject([
      { step: 'sub', code: 'rejected', hint: 'To ask again, resume with --from sub.' },
    ]);
  });

  test('twice, one after the other, lets its parent ask twice', async () => {
    const two = [asking, step('sure', { kind: 'approve', needs: ['ok'], fields: { question: 'Sure?' } })];
    const parent = [subJob('sub', [subJob('inner', two)])];
    const { dir } = await runJob(parent, { ...relaxed, runsDir: tempDir() });
    const asked = async () => (await openQuestions(dir)).map(({ question }) => question.split(': ').at(-1));
    expect(await asked()).toEqual(['Deploy?']);
    await askRun(dir, { kind: 'answer', step: 'sub', granted: true, answer: 'eu', by: 'ada' });
    expect((await resumeJob(dir, parent, relaxed)).result.status).toBe('waiting');
    expect(await asked()).toEqual(['Sure?']);
    await askRun(dir, { kind: 'answer', step: 'sub', granted: true, by: 'ada' });
    const { result, events } = await resumeJob(dir, parent, relaxed);
    expect(result.status).toBe('succeeded');
    expect(outputOf(events, 'sub')).toMatchObject({ inner: { ok: { answer: 'eu' }, sure: { by: 'ada' } } });
  });
});
