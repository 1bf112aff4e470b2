import { OrchError } from '@orch/contracts';
import type { Json, OrchEvent, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { each, once, step } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { linesOf, nameOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';
import type { StartSettings } from '../testing/run-job.ts';

/** Says what its field `say` says; fails with its field `fail` when there is one. */
const speaker = probe((_, input) => {
  const { say = null, fail } = input as { readonly say?: Json; readonly fail?: string };
  if (fail !== undefined && fail !== '') throw new OrchError('command_failed', fail, { retryable: false });
  return say;
});

function run(steps: readonly PlanStep[], more: Partial<StartSettings> = {}) {
  return runJob(steps, { durability: 'relaxed', kinds: [speaker], runsDir: tempDir(), ...more });
}

const say = (id: string, text: string, more: Partial<PlanStep> = {}): PlanStep =>
  step(id, { fields: { say: text }, ...more });
const bad = (id: string, more: Partial<PlanStep> = {}): PlanStep => step(id, { fields: { fail: `no ${id}` }, ...more });

/** How every step and item ended: its state, or why it was skipped. */
function ends(events: readonly OrchEvent[]): Record<string, string> {
  const told = events.flatMap((event): [string, string][] => {
    if (event.type === 'step.succeeded') return [[nameOf(event), 'succeeded']];
    if (event.type === 'step.failed' && event.data.will_retry !== true) return [[nameOf(event), 'failed']];
    if (event.type === 'step.canceled') return [[nameOf(event), 'canceled']];
    if (event.type !== 'step.skipped') return [];
    if (event.data.reason !== 'resume') return [[nameOf(event), event.data.reason]];
    return event.data.reused.map((unit) => [nameOf(unit), 'reused']);
  });
  return Object.fromEntries(told);
}

function outputOf(events: readonly OrchEvent[], unit: string): Json {
  const event = events.find((one) => one.type === 'step.succeeded' && nameOf(one) === unit);
  const { inline, media_type: type } = (event?.data as { output: { inline: string; media_type: string } }).output;
  return type === 'application/json' ? (JSON.parse(inline) as Json) : inline;
}

describe('a failure', () => {
  const rest = [say('after', 'A', { needs: ['x'] }), say('other', 'O')];
  const plan = { concurrency: 1 };

  test('that is continued leaves null and an error behind, and the job succeeds', async () => {
    const told = '{{ steps.x.status }} {{ steps.x.error.code }}: {{ steps.x.error.message }} [{{ steps.x.output }}]';
    const steps = [bad('x', { on_failure: 'continue' }), say('after', told, { needs: ['x'] })];
    const { result, events } = await run(steps);
    expect(result.status).toBe('succeeded');
    expect(outputOf(events, 'after')).toBe('failed command_failed: no x []');
    expect(result.manifest).toMatchObject({
      completed_steps: ['after'],
      pending_steps: ['x'],
      failures: [{ step: 'x', code: 'command_failed' }],
    });
  });

  test('that skips dependents lets the rest go on, and fails the job', async () => {
    const { result, events } = await run([bad('x', { on_failure: 'skip_dependents' }), ...rest], { plan });
    expect(result.status).toBe('failed');
    expect(ends(events)).toEqual({ x: 'failed', after: 'dependency_failed', other: 'succeeded' });
  });

  test('that a dependent accepts acts for all others like one that skips dependents', async () => {
    const clean = say('clean', '{{ steps.x.status }}', { needs: ['x'], accept: { x: ['succeeded', 'failed'] } });
    const { result, events } = await run([bad('x'), clean, ...rest], { plan });
    expect(events.at(-1)).toMatchObject({ type: 'job.failed', data: { error: { message: 'no x' } } });
    expect(result.status).toBe('failed');
    expect(ends(events)).toEqual({ x: 'failed', clean: 'succeeded', after: 'dependency_failed', other: 'succeeded' });
    expect(outputOf(events, 'clean')).toBe('failed');
  });

  test('is accepted also by what accepts that its dependents were skipped', async () => {
    const last = say('last', '{{ steps.after.status }}', {
      needs: ['after'],
      accept: { after: ['succeeded', 'skipped'] },
    });
    const { events } = await run([bad('x'), ...rest, last], { plan });
    expect(ends(events)).toMatchObject({ after: 'dependency_failed', last: 'succeeded', other: 'succeeded' });
    expect(outputOf(events, 'last')).toBe('skipped');
  });

  test('that was wanted and did not come skips for a condition that does not hold', async () => {
    const alarm = say('alarm', 'A', { needs: ['x'], accept: { x: ['failed'] } });
    expect(ends((await run([say('x', 'X'), alarm])).events)).toEqual({ x: 'succeeded', alarm: 'condition' });
    expect(ends((await run([bad('x'), alarm])).events)).toEqual({ x: 'failed', alarm: 'succeeded' });
  });

  test('of a need changes the inputs of those who accept it, and so does another way to come to nothing', async () => {
    const clean = say('clean', 'C', { needs: ['x'], accept: { x: ['succeeded', 'failed', 'skipped'] } });
    const settings = { kinds: [speaker], durability: 'relaxed' } as const;
    const { dir } = await run([bad('x', { on_failure: 'continue' }), clean]);
    for (const [x, ran] of [
      [bad('x', { on_failure: 'continue' }), []],
      [bad('x', { when: 'nil' }), ['clean']],
      [say('x', 'X'), ['x', 'clean']],
    ] as const) {
      const { events } = await resumeJob(dir, [x, clean], settings);
      expect(unitsOf(events, 'step.started')).toEqual(ran);
    }
  });

  test('ends what is in flight with --fail-fast, unless it is continued or somebody accepts it', async () => {
    const kindOf = (gate = Promise.withResolvers<void>()) =>
      probe(async ({ step: id, signal }) => {
        if (id === 'bad') throw new OrchError('assertion', 'no', { retryable: false });
        if (id === 'late') gate.resolve();
        if (id !== 'slow') return id;
        await Promise.race([gate.promise, new Promise((done) => signal.addEventListener('abort', done))]);
        signal.throwIfAborted();
        return id;
      });
    const steps = (more: Partial<PlanStep>, late: Partial<PlanStep> = {}) => [
      step('slow'),
      step('bad', more),
      step('late', { needs: ['bad'], ...late }),
    ];
    const settings = () => ({ kinds: [kindOf()], failFast: true });
    expect(ends((await run(steps({ on_failure: 'continue' }), settings())).events)).toMatchObject({
      slow: 'succeeded',
    });
    const accepted = steps({}, { accept: { bad: ['failed'] } });
    expect(ends((await run(accepted, settings())).events)).toMatchObject({ slow: 'succeeded', late: 'succeeded' });
    expect(ends((await run(steps({ on_failure: 'skip_dependents' }), settings())).events)).toMatchObject({
      slow: 'canceled',
    });
  });
});

describe('a condition', () => {
  test('that does not hold skips the step before anything else of it, and what needs it', async () => {
    const steps = [
      say('x', 'yes'),
      say('on', 'N', { needs: ['x'], when: 'steps.x.output == "yes"' }),
      bad('off', { needs: ['x'], when: '{{ steps.x.output == "no" }}', fields: { fail: '{{ nonsense | nope }}' } }),
      say('after', 'A', { needs: ['off'] }),
      say('last', '{{ steps.off.status }}|{{ steps.off.output }}', { needs: ['off'], accept: { off: ['skipped'] } }),
    ];
    const { result, events } = await run(steps);
    expect(result.status).toBe('succeeded');
    expect(ends(events)).toEqual({
      ...{ x: 'succeeded', on: 'succeeded', off: 'condition' },
      ...{ after: 'dependency_skipped', last: 'succeeded' },
    });
    expect(unitsOf(events, 'step.started')).not.toContain('off');
    expect(outputOf(events, 'last')).toBe('skipped|');
    expect(result.manifest.pending_steps).toEqual([]);
  });

  test('is asked once for a fan-out, before its items are found', async () => {
    const list = '{{ steps.x.output.nothing }}';
    const steps = [say('x', 'X'), step('many', { needs: ['x'], when: 'vars.on', each: { list, max_items: 9 } })];
    const { result, events } = await run(steps, { plan: { vars: { on: false } } });
    expect(result.status).toBe('succeeded');
    expect(ends(events)).toEqual({ x: 'succeeded', many: 'condition' });
    expect(ends((await run(steps, { plan: { vars: { on: true } } })).events)).toEqual({
      x: 'succeeded',
      many: 'failed',
    });
  });

  test('that reads the item is asked for each: the others keep their places', async () => {
    const told = '{% for i in steps.many.items %}{{ i.key }}:{{ i.status }}:{{ i.output }} {% endfor %}';
    const steps = [
      say('many', '{{ item }}!', { each: each('a', 'b', 'c'), when: 'item != "b"' }),
      say('next', '{{ item.output }}?', { needs: ['many'], each: { from: 'many', max_items: 9 } }),
      say('all', told, { needs: ['many'] }),
      step('list', { needs: ['next'], fields: { say: '{{ steps.next.output }}' } }),
    ];
    const { result, events } = await run(steps);
    expect(result.status).toBe('succeeded');
    expect(ends(events)).toMatchObject({
      'many/a': 'succeeded',
      'many/b': 'condition',
      'next/b': 'dependency_skipped',
    });
    expect(outputOf(events, 'many')).toEqual(['a!', null, 'c!']);
    expect(outputOf(events, 'all')).toBe('a:succeeded:a! b:skipped: c:succeeded:c! ');
    expect(outputOf(events, 'list')).toBe('["a!?",null,"c!?"]');
    const counts = { total: 3, succeeded: 2, failed: 0, skipped: 1 };
    expect(result.manifest.steps).toMatchObject({ many: { items: counts }, next: { items: counts } });
  });

  test('that cannot be read fails the step', async () => {
    const { events } = await run([say('x', 'X', { when: 'vars.n | round: 2, 3 | nope' })]);
    expect(events.find(({ type }) => type === 'step.failed')).toMatchObject({
      data: { code: 'template', attempt: 0, message: expect.stringMatching(/^steps\.x\.when: /) as string },
    });
  });

  test('is decided anew at each resume, and is no input', async () => {
    const steps = [
      say('x', 'X', { when: 'vars.on' }),
      say('many', 'M', { each: each('a', 'b'), when: 'item != vars.not' }),
    ];
    const plan = (on: boolean, not: string) => ({ plan: { vars: { on, not } } });
    const settings = { kinds: [speaker], durability: 'relaxed' } as const;
    const { dir } = await run(steps, plan(true, 'a'));
    const off = await resumeJob(dir, steps, { ...settings, ...plan(false, 'b') });
    expect(ends(off.events)).toEqual({
      x: 'condition',
      'many/a': 'succeeded',
      'many/b': 'condition',
      many: 'succeeded',
    });
    const again = await resumeJob(dir, steps, { ...settings, ...plan(true, 'none') });
    expect(ends(again.events)).toEqual({ x: 'reused', 'many/a': 'reused', 'many/b': 'reused', many: 'succeeded' });
    expect(again.result.manifest.steps['many']).toMatchObject({ items: { total: 2, succeeded: 2, skipped: 0 } });
  });
});

describe('a fan-out', () => {
  const mixed = (more: Partial<PlanStep> = {}) =>
    step('many', {
      each: each('a', 'bad', 'c'),
      fields: { say: '{{ item }}!', fail: '{% if item contains "bad" %}no {{ item }}{% endif %}' },
      ...more,
    });
  const told = '{% for i in steps.many.items %}{{ i.key }}:{{ i.status }}:{{ i.error.message }} {% endfor %}';
  const all = (more: Partial<PlanStep> = {}) =>
    say('all', `{{ steps.many.status }} ${told}`, { needs: ['many'], ...more });

  test('that continues succeeds without the items that failed, which are listed in their places', async () => {
    const follow = say('next', '{{ item.output }}?', { needs: ['many'], each: { from: 'many', max_items: 9 } });
    const { result, events } = await run([mixed({ on_failure: 'continue' }), all(), follow]);
    expect(result.status).toBe('succeeded');
    expect(outputOf(events, 'many')).toEqual(['a!', null, 'c!']);
    expect(outputOf(events, 'all')).toBe('succeeded a:succeeded: bad:failed:no bad c:succeeded: ');
    expect(ends(events)).toMatchObject({ 'many/bad': 'failed', many: 'succeeded', 'next/bad': 'dependency_failed' });
    expect(outputOf(events, 'next')).toEqual(['a!?', null, 'c!?']);
    expect(result.manifest.steps['many']).toMatchObject({
      status: 'succeeded',
      items: { total: 3, succeeded: 2, failed: 1, skipped: 0 },
    });
    expect(result.manifest.failures).toMatchObject([{ step: 'many', item: 'bad' }]);
  });

  test('may be followed item by item also where an item failed, by who accepts that', async () => {
    const follow = say('next', '{{ item.status }} {{ item.error.code }} {{ item.output }}', {
      ...{ needs: ['many'], accept: { many: ['succeeded', 'failed'] } },
      each: { from: 'many', max_items: 9 },
    });
    const { result, events } = await run([mixed({ on_failure: 'continue' }), follow]);
    expect(result.status).toBe('succeeded');
    expect(outputOf(events, 'next')).toEqual(['succeeded  a!', 'failed command_failed ', 'succeeded  c!']);
  });

  test.each<[string, Partial<PlanStep>, string[], boolean]>([
    ['one item succeeded', {}, ['a', 'bad'], true],
    ['no item succeeded', {}, ['bad', 'bad2'], false],
    ['there are no items', {}, [], true],
    ['as many succeeded as it says', { min_success: 2 }, ['a', 'b', 'bad'], true],
    ['fewer succeeded than it says', { min_success: 3 }, ['a', 'b', 'bad'], false],
    ['fewer than it says, none of which failed', { min_success: 2 }, ['a'], false],
    ['all were skipped', { when: 'item == "z"' }, ['a', 'bad'], true],
  ])('that continues where %s', async (_, more, names, succeeds) => {
    const steps = [
      mixed({ on_failure: 'continue', each: each(...names), ...more }),
      say('after', 'A', { needs: ['many'] }),
    ];
    const { result, events } = await run([...steps, say('other', 'O')]);
    expect(result.status).toBe(succeeds ? 'succeeded' : 'failed');
    const expected = succeeds
      ? { many: 'succeeded', after: 'succeeded' }
      : { many: 'failed', after: 'dependency_failed' };
    expect(ends(events)).toMatchObject(expected);
  });

  test('says how many items it lacks', async () => {
    const { result } = await run([mixed({ on_failure: 'continue', min_success: 3 })]);
    expect(result.manifest.failures.at(-1)).toMatchObject({
      ...{ step: 'many', code: 'command_failed' },
      message: 'Expected at least 3 of 3 items to succeed, 2 did. 1 of 3 items failed, first bad: no bad',
    });
  });

  test('that skips dependents does all its items, then fails', async () => {
    const after = say('after', 'A', { needs: ['many'] });
    const { result, events } = await run([mixed({ on_failure: 'skip_dependents' }), after], {
      plan: { concurrency: 1 },
    });
    expect(result.status).toBe('failed');
    expect(ends(events)).toEqual({
      ...{ 'many/a': 'succeeded', 'many/bad': 'failed', 'many/c': 'succeeded' },
      ...{ many: 'failed', after: 'dependency_failed' },
    });
  });

  test('whose failure somebody accepts does all its items, and shows them', async () => {
    const steps = [mixed(), all({ accept: { many: ['failed'] } }), say('other', 'O', { needs: ['many'] })];
    const { result, events } = await run(steps, { plan: { concurrency: 1 } });
    expect(result.status).toBe('failed');
    expect(outputOf(events, 'all')).toBe('failed a:succeeded: bad:failed:no bad c:succeeded: ');
    expect(ends(events)).toMatchObject({ many: 'failed', other: 'dependency_failed' });
  });

  test.each<[Partial<PlanStep>, string]>([
    [{}, 'job_failed'],
    [{ on_failure: 'skip_dependents' }, 'succeeded'],
    [{ on_failure: 'continue' }, 'job_failed'],
  ])('whose items cannot be found fails once: %j', async (more, other) => {
    const each = { list: '{{ vars.nothing }}', max_items: 9 };
    const steps = [
      ...[say('first', 'F'), say('second', 'S', { needs: ['first'] }), say('other', 'O', { needs: ['second'] })],
      mixed({ each, needs: ['first'], ...more }),
      say('after', 'A', { needs: ['many'] }),
    ];
    const slow = probe(async ({ step: id }) => {
      await new Promise((resolve) => setImmediate(resolve));
      return id;
    });
    const { result, events } = await run(steps, { kinds: [slow] });
    expect(result.status).toBe('failed');
    expect(unitsOf(events, 'step.failed')).toEqual(['many']);
    expect(ends(events)).toMatchObject({ other });
  });

  test('of another that was skipped, which it accepts, has no items', async () => {
    const steps = [
      mixed({ when: 'vars.on' }),
      say('next', 'N', { needs: ['many'], accept: { many: ['skipped'] }, each: { from: 'many', max_items: 9 } }),
    ];
    const { result, events } = await run(steps);
    expect([result.status, outputOf(events, 'next')]).toEqual(['succeeded', []]);
  });

  test('of which an item fails ends the job at once, also where another step follows its items', async () => {
    const gate = Promise.withResolvers<void>();
    const kind = probe(async ({ step: id, item }) => {
      if (item === 'bad') throw new OrchError('assertion', 'no', { retryable: false });
      if (id === 'slow') await gate.promise;
      if (id === 'many') setImmediate(gate.resolve);
      return id;
    });
    const steps = [
      step('slow'),
      step('many', { each: each('a', 'bad', 'c') }),
      step('next', { needs: ['many'], each: { from: 'many', max_items: 9 }, on_failure: 'continue' }),
      step('last', { needs: ['slow'] }),
    ];
    const { result, events } = await run(steps, { kinds: [kind] });
    expect(result.status).toBe('failed');
    expect(ends(events)).toMatchObject({ many: 'failed', next: 'dependency_failed', last: 'job_failed' });
  });

  test('is followed to no end where it fails as a whole, but by who accepts that', async () => {
    const follow = (id: string, more: Partial<PlanStep> = {}) =>
      say(id, '{{ item.output }}', { needs: ['many'], each: { from: 'many', max_items: 9 }, ...more });
    const { events } = await run([
      mixed({ on_failure: 'continue', min_success: 3 }),
      follow('next'),
      follow('clean', { accept: { many: ['succeeded', 'failed'] } }),
    ]);
    expect(ends(events)).toMatchObject({ many: 'failed', 'next/a': 'succeeded', next: 'canceled', clean: 'succeeded' });
  });

  test('tries its items again as often as the step says before they count as failed', async () => {
    let calls = 0;
    const flaky = probe(() => {
      calls += 1;
      throw new OrchError('command_failed', 'no');
    });
    const steps = [step('many', { each: each('a', 'b'), on_failure: 'continue', min_success: 0, retry: once })];
    const { result } = await run(steps, { kinds: [flaky] });
    expect([calls, result.status]).toEqual([4, 'succeeded']);
  });
});

test('the end of a job that goes on without failures stands in its log', async () => {
  const { dir } = await run([bad('x', { on_failure: 'continue' })]);
  expect(linesOf(dir).at(-1)).toMatchObject({ type: 'job.succeeded' });
});
