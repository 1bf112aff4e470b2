import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { Json, JsonObject, Manifest, Plan, PlanStep } from '@orch/contracts';
import { verifyLog } from '@orch/events';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { resumeRun } from '../index.ts';
import { cutLog } from '../testing/copy-run.ts';
import { ask, each, jobOf, once, step, write } from '../testing/plan.ts';
import { probe, witness } from '../testing/probe.ts';
import { linesOf, portsOf, reusedOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';

/** Says what its field `say` says; `note` changes its inputs, not its output. */
const speaker = probe((_, input) => (input as JsonObject)['say'] ?? null);
const relaxed = { durability: 'relaxed', kinds: [speaker] } as const;

const say = (id: string, text: string, needs: string[] = [], note = ''): PlanStep =>
  step(id, { needs, fields: { say: text, note } });
const many = (...names: string[]): PlanStep =>
  step('many', { each: each(...names), fields: { say: 'I am {{ item }}' } });

const job = {
  a: say('a', 'A'),
  b: say('b', 'B', ['a']),
  c: say('c', 'C after {{ steps.b.output }}', ['b']),
  many: many('x', 'y', 'z'),
  all: say('all', '{{ steps.many.output }}', ['many']),
  v: say('v', '{{ vars.used }}'),
};
const vars = { used: 'u', unused: 'n' };

describe('a resume runs what changed, and what depends on an output that changed', () => {
  type Edit = {
    /** Steps in place of those of the same name; an undefined one is taken out. */
    readonly steps?: Readonly<Record<string, PlanStep | undefined>>;
    readonly plan?: Partial<Plan>;
    readonly ran: readonly string[];
  };
  const again = '{{ steps.b.output }} again';
  const how = { retry: once, timeout_s: 9, cache: 'off', on_lost: 'fail' } as const;
  const edits: Readonly<Record<string, Edit>> = {
    nothing: { ran: [] },
    'the output of a step, which its dependent does not tell on': { steps: { a: say('a', 'new') }, ran: ['a', 'b'] },
    'the inputs of a step whose output stays the same': { steps: { a: say('a', 'A', [], 'new') }, ran: ['a'] },
    'the output of a step and, by it, that of its dependent': { steps: { b: say('b', 'new', ['a']) }, ran: ['b', 'c'] },
    'a need more': { steps: { c: say('c', again, ['b', 'v']) }, ran: ['c'] },
    'a variable that a step names': { plan: { vars: { ...vars, used: 'new' } }, ran: ['v'] },
    'a variable that no step names': { plan: { vars: { ...vars, unused: 'new' } }, ran: [] },
    'the task, which no step names': { plan: { task: 'new' }, ran: [] },
    'the name of a step': { steps: { c: undefined, d: say('d', again, ['b']) }, ran: ['d'] },
    'a new step': { steps: { e: say('e', 'E', ['a', 'c']) }, ran: ['e'] },
    'a step less': { steps: { c: undefined }, ran: [] },
    'one item of a list': { steps: { many: many('x', 'q', 'z') }, ran: ['many', 'many/q', 'all'] },
    'an item more': { steps: { many: many('x', 'y', 'z', 'q') }, ran: ['many', 'many/q', 'all'] },
    'an item less': { steps: { many: many('x', 'z') }, ran: ['many', 'all'] },
    'the order of the items': { steps: { many: many('z', 'y', 'x') }, ran: ['many', 'all'] },
    'what every item is made from': {
      steps: { many: { ...job.many, fields: { say: 'we {{ item }}' } } },
      ran: ['many', 'many/x', 'many/y', 'many/z', 'all'],
    },
    'how a step is run, not what it makes': {
      steps: { a: { ...job.a, ...how }, many: { ...job.many, ...how } },
      plan: { concurrency: 1, timeout_s: 99, durability: 'relaxed' },
      ran: [],
    },
  };

  test.each(Object.entries(edits))('%s', async (_, { steps: edited, plan, ran }) => {
    const first = await runJob(Object.values(job), { ...relaxed, runsDir: tempDir(), plan: { vars } });
    const steps = Object.values<PlanStep | undefined>({ ...job, ...edited }).filter((one) => one !== undefined);
    const next = { ...relaxed, plan: { vars, ...plan } };
    const second = await resumeJob(first.dir, steps, next);
    expect(unitsOf(second.events, 'step.started').toSorted()).toEqual(ran.toSorted());
    expect(reusedOf(second.events).toSorted()).toEqual(unitsIn(steps).filter((unit) => !ran.includes(unit)));
    expect(second.result).toMatchObject({ status: 'succeeded', manifest: { attempt: 2, pending_steps: [] } });
    const anew = await runJob(steps, { ...next, runsDir: tempDir() });
    expect(meaning(second.result.manifest)).toEqual(meaning(anew.result.manifest));
  });

  test('a file that a step reads', async () => {
    const jobDir = tempDir();
    const read = (name: string) => step(name, { fields: { say: name }, reads: [`${name}.txt`] });
    writeFileSync(join(jobDir, 'a.txt'), 'one');
    writeFileSync(join(jobDir, 'b.txt'), 'one');
    const { dir } = await runJob([read('a'), read('b')], { ...relaxed, jobDir, runsDir: tempDir() });
    writeFileSync(join(jobDir, 'a.txt'), 'two');
    const { events } = await resumeJob(dir, [read('a'), read('b')], { ...relaxed, jobDir });
    expect(unitsOf(events, 'step.started')).toEqual(['a']);
  });

  const schema = { type: 'object', required: ['t'] };
  test.each<[string, Partial<PlanStep>, Partial<Plan>]>([
    ['the prompt', { fields: { prompt: 'other', output: 'json', schema } }, {}],
    ['the schema', { fields: { prompt: 'p', output: 'json', schema: { ...schema, title: 'T' } } }, {}],
    ['an option of the step', { fields: { prompt: 'p', output: 'json', schema, options: { max_tokens: 9 } } }, {}],
    ['an option of the provider', {}, { provider: { name: 'scripted', model: 'm', options: { temperature: 1 } } }],
    ['the model', {}, { provider: { name: 'scripted', model: 'n' } }],
  ])('of a step that asks a model: %s', async (_, change, plan) => {
    const model = scripted(() => '{"t": 1}');
    const usual = ask('q', { fields: { prompt: 'p', output: 'json', schema } });
    const settings = { ...relaxed, provider: model.provider };
    const { dir } = await runJob([usual, say('after', 'x', ['q'])], { ...settings, runsDir: tempDir() });
    const { events } = await resumeJob(dir, [{ ...usual, ...change }, say('after', 'x', ['q'])], { ...settings, plan });
    expect(unitsOf(events, 'step.started')).toEqual(['q']);
    expect(model.asked).toHaveLength(2);
  });
});

describe('what is reused', () => {
  test('gives those that run its real output, its items, its files, and what else it said', async () => {
    const large = 'x'.repeat(20_000);
    const maker = step('maker', { kind: 'shell', fields: { run: `printf '%020000d' 7; echo warned >&2` } });
    const files = write('files', { 'f.txt': 'of files', 'g.txt': large });
    const items = step('items', { each: each('i', 'j'), fields: { say: `{{ item }} ${large}` } });
    const view = [
      '{{ steps.maker.output | size }} {{ steps.maker.exit_code }} {{ steps.maker.stderr | strip }}',
      '{{ steps.files.files[0].path }} {{ steps.files.files[0].text }} {{ steps.files.files[1].text | size }}',
      '{% for i in steps.items.items %}{{ i.key }} {{ i.item }} {{ i.output | size }} {% endfor %}',
    ].join('; ');
    const user = (note: string) => say('user', view, ['maker', 'files', 'items'], note);
    const first = await runJob([maker, files, items, user('')], { ...relaxed, runsDir: tempDir() });
    const second = await resumeJob(first.dir, [maker, files, items, user('edited')], relaxed);
    expect(unitsOf(second.events, 'step.started')).toEqual(['user']);
    const outputs = [first, second].map(({ result }) => result.manifest.steps['user']?.output?.inline);
    expect(outputs[0]).toBe('20000 0 warned; f.txt of files 20000; i i 20002 j j 20002 ');
    expect(outputs[1]).toBe(outputs[0]);
  });

  test('finds its files as it left them: those that are gone or changed are put back, by bytes', async () => {
    const bytes = Buffer.from([0, 255, 254, 10, 13]);
    const kind = probe(async ({ write: put }) => {
      await put('bin', bytes);
      return null;
    });
    const shell = step('cmd', {
      kind: 'shell',
      writes: ['*.out'],
      fields: { run: 'cd "$OUT" && printf one > 1.out && printf two > 2.out', env: { OUT: '{{ run.outputs }}' } },
    });
    const steps = [write('a', { 'a/a.txt': 'A', 'b.txt': 'B' }), step('bin'), shell];
    const settings = { kinds: [kind], durability: 'relaxed' } as const;
    const { dir, result } = await runJob(steps, { ...settings, runsDir: tempDir() });
    const outputs = join(dir, 'outputs/test');
    rmSync(join(outputs, 'a'), { recursive: true });
    appendFileSync(join(outputs, 'b.txt'), 'edited');
    writeFileSync(join(outputs, 'bin'), 'edited');
    rmSync(join(outputs, '1.out'));
    const second = await resumeJob(dir, steps, settings);
    expect(unitsOf(second.events, 'step.started')).toEqual([]);
    const left = ['a/a.txt', 'b.txt', '1.out', '2.out'].map((file) => readFileSync(join(outputs, file), 'utf8'));
    expect(left).toEqual(['A', 'B', 'one', 'two']);
    expect(readFileSync(join(outputs, 'bin'))).toEqual(bytes);
    const written = second.events.flatMap((event) => (event.type === 'file.written' ? [event] : []));
    expect(written.map(({ step: id, data }) => [id, data.path.slice(13), data.reason])).toEqual([
      ['a', 'a/a.txt', 'created'],
      ['a', 'b.txt', 'overwritten'],
      ['bin', 'bin', 'overwritten'],
      ['cmd', '1.out', 'created'],
    ]);
    expect(second.result.manifest.files.map(({ path, sha256: digest }) => [path, digest])).toEqual(
      result.manifest.files.map(({ path, sha256: digest }) => [path, digest]),
    );
  });

  test.each(['its output', 'an output of an item', 'its file'])('is refused by name when %s is gone', async (what) => {
    const large = 'x'.repeat(20_000);
    const steps = [
      say('big', `${large}1`),
      step('items', { each: each('i'), fields: { say: `${large}2` } }),
      write('file', { 'f.txt': 'F' }),
      say('user', '[{{ steps.big.output }}]', ['big', 'items', 'file'], 'first'),
    ];
    const { dir } = await runJob(steps, { ...relaxed, runsDir: tempDir() });
    const gone = { 'its output': `${large}1`, 'an output of an item': `${large}2`, 'its file': 'F' }[what] ?? '';
    const digest = sha256(gone);
    rmSync(join(dir, 'artifacts', digest.slice(0, 2), digest), { force: true });
    rmSync(join(dir, 'outputs/test/f.txt'));
    const second = await resumeJob(
      dir,
      [...steps.slice(0, 3), say('user', 'edited', ['big', 'items', 'file'])],
      relaxed,
    );
    const [failure] = second.result.manifest.failures;
    expect(second.result.status).toBe('failed');
    expect(failure?.code).toBe('corrupt_log');
    expect(failure?.message).toContain(digest);
    expect(failure?.hint).toContain(`--from ${failure?.step}`);
    expect(unitsOf(second.events, 'step.started')).not.toContain('user');
  });

  test('fails the fan-out whose items it is of, when its blob is damaged', async () => {
    const large = 'x'.repeat(20_000);
    const items = step('items', { each: each('i'), fields: { say: large } });
    const steps = [items, say('after', '{{ steps.items.output | size }}', ['items'])];
    const { dir } = await runJob(steps, { ...relaxed, runsDir: tempDir() });
    const digest = sha256(large);
    rmSync(join(dir, 'artifacts', digest.slice(0, 2), digest));
    writeFileSync(join(dir, 'artifacts', digest.slice(0, 2), digest), 'damaged');
    const { result, events } = await resumeJob(dir, steps, relaxed);
    expect(result.manifest.failures).toMatchObject([{ step: 'items', code: 'corrupt_log' }]);
    expect(result.manifest.steps).toMatchObject({ items: { status: 'failed' }, after: { status: 'skipped' } });
    expect(unitsOf(events, 'step.succeeded')).toEqual([]);
  });

  test('is made anew with --from, also when its blob is gone', async () => {
    const steps = [say('big', 'x'.repeat(20_000)), say('user', '{{ steps.big.output | size }}', ['big'])];
    const { dir, result } = await runJob(steps, { ...relaxed, runsDir: tempDir() });
    const digest = result.manifest.steps['big']?.output?.sha256 ?? '';
    rmSync(join(dir, 'artifacts', digest.slice(0, 2), digest));
    const again = await resumeJob(dir, steps, { ...relaxed, from: 'big' });
    expect(again.result.status).toBe('succeeded');
    expect(existsSync(join(dir, 'artifacts', digest.slice(0, 2), digest))).toBe(true);
  });

  test('counts only once a step of the same inputs: the last success, not an older one', async () => {
    let calls = 0;
    const kind = probe((_, input) => `${(input as JsonObject)['say'] as string} ${++calls}`);
    const settings = { kinds: [kind], durability: 'relaxed' } as const;
    const { dir } = await runJob([say('a', 'one')], { ...settings, runsDir: tempDir() });
    await resumeJob(dir, [say('a', 'two')], settings);
    const third = await resumeJob(dir, [say('a', 'two')], settings);
    expect(third.result.manifest.steps['a']?.output?.inline).toBe('two 2');
    expect(calls).toBe(2);
  });

  test('includes what succeeded before a later attempt left it out or failed before it', async () => {
    let broken = true;
    const kind = probe(({ step: id }, input) => {
      if (id === 'a' && broken) throw new OrchError('assertion', 'no', { retryable: false });
      return (input as JsonObject)['say'] ?? null;
    });
    const settings = { kinds: [kind], durability: 'relaxed' } as const;
    broken = false;
    const steps = [say('a', 'A'), say('b', 'B', ['a'])];
    const { dir } = await runJob(steps, { ...settings, runsDir: tempDir() });
    broken = true;
    const failed = await resumeJob(dir, [say('a', 'A', [], 'edited'), say('b', 'B', ['a'])], settings);
    expect(failed.result.status).toBe('failed');
    const back = await resumeJob(dir, steps, settings);
    expect(back.result.status).toBe('succeeded');
    expect(reusedOf(back.events)).toEqual(['a', 'b']);
  });
});

describe('a finished run', () => {
  test('resumes to nothing executed and nobody asked', async () => {
    const model = scripted(['an answer']);
    const { kind, ran } = witness();
    const steps = [ask('q'), step('p', { needs: ['q'] }), step('many', { each: each('x', 'y') })];
    const settings = { kinds: [kind], durability: 'relaxed' } as const;
    const { dir, result } = await runJob(steps, { ...settings, provider: model.provider, runsDir: tempDir() });
    ran.splice(0);
    const second = await resumeJob(dir, steps, { ...settings, provider: undefined });
    expect(ran).toEqual([]);
    expect(model.asked).toHaveLength(1);
    expect(second.events.map(({ type }) => type)).toEqual(['job.started', 'step.skipped', 'job.succeeded']);
    expect(second.result.status).toBe('succeeded');
    expect(meaning(second.result.manifest)).toEqual(meaning(result.manifest));
    expect(await verifyLog(join(dir, 'events.jsonl'))).toMatchObject({ ok: true });
  });

  test('runs anew with --from: the step, each of its items, and all that needs it, directly or not', async () => {
    const { kind, ran } = witness();
    const steps = [
      step('before'),
      step('many', { needs: ['before'], each: each('x', 'y') }),
      step('next', { needs: ['many'] }),
      step('last', { needs: ['next', 'before'] }),
      step('beside'),
    ];
    const settings = { kinds: [kind], durability: 'relaxed' } as const;
    const { dir } = await runJob(steps, { ...settings, runsDir: tempDir() });
    ran.splice(0);
    const { events, result } = await resumeJob(dir, steps, { ...settings, from: 'many' });
    expect(ran).toEqual(['many/x', 'many/y', 'next', 'last']);
    expect(reusedOf(events).toSorted()).toEqual(['before', 'beside']);
    expect(result.manifest.steps).toMatchObject({
      many: { attempts: 2 },
      last: { attempts: 2 },
      beside: { attempts: 1 },
    });
  });

  test('asks nobody again with --from: the answers are there', async () => {
    const model = scripted(['an answer']);
    const settings = { durability: 'relaxed', provider: model.provider } as const;
    const { dir } = await runJob([ask('q')], { ...settings, runsDir: tempDir() });
    const { events } = await resumeJob(dir, [ask('q')], { ...settings, from: 'q' });
    expect(unitsOf(events, 'step.started')).toEqual(['q']);
    expect(model.asked).toHaveLength(1);
  });
});

describe('an attempt that failed', () => {
  test('is gone on with: what succeeded is kept, what failed or was skipped is decided anew', async () => {
    let broken = true;
    const ran: string[] = [];
    const kind = probe(({ step: id, item, attempt }) => {
      ran.push(item === undefined ? id : `${id}/${item}`);
      if (broken && item === 'bad') throw new OrchError('assertion', 'no', { retryable: false });
      return attempt;
    });
    const settings = { kinds: [kind], durability: 'relaxed', plan: { concurrency: 1 } } as const;
    const steps = [step('good'), step('many', { each: each('x', 'bad', 'y') }), step('after', { needs: ['many'] })];
    const first = await runJob(steps, { ...settings, runsDir: tempDir() });
    expect(first.result.status).toBe('failed');
    broken = false;
    ran.splice(0);
    const second = await resumeJob(first.dir, steps, settings);
    expect(second.result).toMatchObject({ status: 'succeeded', manifest: { attempt: 2, failures: [] } });
    expect(reusedOf(second.events)).toEqual(['good', 'many/x']);
    expect(ran).toEqual(['many/bad', 'many/y', 'after']);
    const attempts = second.events.flatMap((event) =>
      event.type === 'step.started' && event.item === 'bad' ? [event.data.attempt] : [],
    );
    expect(attempts).toEqual([2]);
  });

  test('between the items of a step and their end ends it with what they came to now', async () => {
    const edited = [step('many', { each: each('x', 'y'), fields: { say: 'now {{ item }}' } })];
    const { dir } = await runJob([many('x', 'y')], { ...relaxed, runsDir: tempDir() });
    await resumeJob(dir, edited, relaxed);
    cutLog(dir, {
      lines: linesOf(dir).findLastIndex(({ type, item }) => type === 'step.succeeded' && item === undefined),
    });
    const { result, events } = await resumeJob(dir, edited, relaxed);
    expect(reusedOf(events).toSorted()).toEqual(['many/x', 'many/y']);
    expect(result.manifest.steps['many']?.output?.inline).toBe('["now x","now y"]');
  });

  test('with --only, leaves the others for later', async () => {
    const { kind, ran } = witness();
    const steps = [step('a'), step('b', { needs: ['a'] }), step('c')];
    const settings = { kinds: [kind], durability: 'relaxed' } as const;
    const { dir } = await runJob(steps, { ...settings, runsDir: tempDir(), only: 'a' });
    const second = await resumeJob(dir, steps, { ...settings, only: 'b' });
    expect(second.result.manifest).toMatchObject({ completed_steps: ['a', 'b'], pending_steps: ['c'] });
    const third = await resumeJob(dir, steps, settings);
    expect(third.result.manifest).toMatchObject({ completed_steps: ['a', 'b', 'c'], pending_steps: [] });
    expect(ran).toEqual(['a', 'b', 'c']);
  });

  test('with --limit, takes the other items later', async () => {
    const { kind, ran } = witness();
    const settings = { kinds: [kind], durability: 'relaxed' } as const;
    const steps = [step('many', { each: each('x', 'y', 'z') })];
    const { dir } = await runJob(steps, { ...settings, runsDir: tempDir(), limit: 1 });
    const { result } = await resumeJob(dir, steps, settings);
    expect(ran).toEqual(['many/x', 'many/y', 'many/z']);
    expect(result.manifest.steps['many']).toMatchObject({ status: 'succeeded', items: { total: 3, succeeded: 3 } });
  });

  test('drops what another attempt had and this one has not', async () => {
    const { kind } = witness();
    const settings = { kinds: [kind], durability: 'relaxed' } as const;
    const { dir } = await runJob([step('a'), step('many', { each: each('x', 'y') })], {
      ...settings,
      runsDir: tempDir(),
    });
    const { result } = await resumeJob(dir, [step('many', { each: each('y') })], settings);
    expect(result.manifest).toMatchObject({ completed_steps: ['many'], pending_steps: [] });
    expect(Object.keys(result.manifest.steps)).toEqual(['many']);
    expect(result.manifest.steps['many']).toMatchObject({ items: { total: 1, succeeded: 1 } });
  });
});

test.each<[string, Partial<Plan>, string]>([
  ['another project', { project: 'other' }, 'Expected project test'],
  ['a run that was canceled', {}, 'is canceled'],
])('%s is refused, and the log stays as it is', async (what, plan, message) => {
  const stop = new AbortController();
  if (what.includes('canceled')) stop.abort(new OrchError('canceled', 'enough'));
  const { dir } = await runJob([say('a', 'A')], { ...relaxed, runsDir: tempDir(), signal: stop.signal });
  const before = linesOf(dir);
  const resumed = resumeJob(dir, [say('a', 'A')], { ...relaxed, plan });
  await expect(resumed).rejects.toMatchObject({ code: 'usage', exit: 2, message: expect.stringContaining(message) });
  expect(linesOf(dir)).toEqual(before);
});

test('--from names the steps there are when it names none of them', () => {
  const resumed = () => resumeRun(tempDir(), jobOf([step('a')]), portsOf({}), { from: 'b' });
  expect(resumed).toThrow(expect.objectContaining({ code: 'usage', hint: 'Its steps are a.' }));
});

/** The names of all steps and items, sorted. */
function unitsIn(steps: readonly PlanStep[]): string[] {
  const units = steps.flatMap(({ id, each: items }) => {
    const names = items !== undefined && 'list' in items ? (items.list as readonly string[]) : [];
    return [id, ...names.map((name) => `${id}/${name}`)];
  });
  return units.toSorted();
}

/** What a manifest says of the result, without times and counts. */
function meaning({ steps, status, completed_steps, pending_steps, files }: Manifest): Json {
  const said = Object.entries(steps).map(([id, { status: state, output, items }]) => [
    id,
    state,
    output?.sha256,
    items,
  ]);
  const written = files.map(({ path, sha256: digest }) => [path, digest]);
  return { status, completed_steps, pending_steps, steps: said, files: written } as unknown as Json;
}
