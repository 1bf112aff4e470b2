import { OrchError } from '@orch/contracts';
import type { OrchEvent, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { ask, each, once, step, write } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { linesOf, nameOf, resumeJob, reusedOf, runJob, unitsOf } from '../testing/run-job.ts';
import type { StartSettings } from '../testing/run-job.ts';
import { cut, scripted } from '../testing/scripted.ts';

const runIn = (runsDir: string, steps: readonly PlanStep[], more: Partial<StartSettings> = {}) =>
  runJob(steps, { durability: 'relaxed', runsDir, ...more });
const run = (steps: readonly PlanStep[], more: Partial<StartSettings> = {}) => runIn(tempDir(), steps, more);

function rejected(events: readonly OrchEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'reply.rejected' ? [`${nameOf(event)} by ${event.data.by}`] : []));
}

function failures(events: readonly OrchEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'step.failed' ? [`${event.data.code}: ${event.data.message}`] : []));
}

describe('an assertion', () => {
  test('that does not hold fails the attempt and rejects its answer: the next one asks for another', async () => {
    const model = scripted(['nothing', 'a plan']);
    const assert = [{ that: 'output contains "plan"', message: 'no plan in {{ output | size }} letters' }];
    const { result, events } = await run([ask('q', { assert, retry: once })], { provider: model.provider });
    expect(result.status).toBe('succeeded');
    expect(model.asked.map(({ asked }) => asked.sample)).toEqual([0, 1]);
    expect(rejected(events)).toEqual(['q by assert']);
    expect(failures(events)).toEqual(['assertion: no plan in 7 letters']);
  });

  test('without retry fails the step, and says what was expected', async () => {
    const kind = probe(() => ({ score: 2 }));
    const assert = [
      { that: 'output.score > 1' },
      { that: 'output.score | plus: 1 > steps.x.output.score' },
      { that: 'nil' },
    ];
    const { result, events } = await run([step('x'), step('y', { needs: ['x'], assert })], { kinds: [kind] });
    expect(result.status).toBe('failed');
    expect(failures(events)).toEqual(['assertion: expected nil']);
  });

  test('sees the files, the exit code and the errors of its own attempt', async () => {
    const shell = (run: string, that: string) =>
      step('sh', { kind: 'shell', fields: { run, env: {}, output: 'text' }, assert: [{ that }] });
    const commandEnv = { PATH: process.env['PATH'] ?? '' };
    const good = shell('echo out; echo err >&2', 'exit_code == 0 and stderr contains "err" and output == "out"');
    expect((await run([good], { commandEnv })).result.status).toBe('succeeded');
    const files = {
      ...write('w', { 'a.md': 'Title' }),
      assert: [{ that: 'files[0].path == "a.md" and files[0].text == "Title"' }],
    };
    expect((await run([files])).result.status).toBe('succeeded');
  });

  test('is asked of each item by itself', async () => {
    const kind = probe(({ item }) => `${item}!`);
    const assert = [{ that: 'output != "b!"', message: '{{ item }} is not wanted' }];
    const steps = [step('many', { each: each('a', 'b'), assert, on_failure: 'continue' })];
    const { result, events } = await run(steps, { kinds: [kind] });
    expect(result.manifest.steps['many']).toMatchObject({ items: { succeeded: 1, failed: 1 } });
    expect(failures(events)).toEqual(['assertion: b is not wanted']);
  });

  test('is asked when all else went well, and rejects nothing that was rejected before', async () => {
    const model = scripted(['no json']);
    const q = ask('q', { fields: { prompt: 'p', output: 'json', repair: { rounds: 0 } }, assert: [{ that: 'nil' }] });
    const { events } = await run([q], { provider: model.provider });
    expect(rejected(events)).toEqual(['q by llm']);
    expect(failures(events)).toEqual([expect.stringMatching(/^bad_answer: /)]);
  });

  test('that cannot be read rejects no answer', async () => {
    const model = scripted(['yes']);
    const { events } = await run([ask('q', { assert: [{ that: 'output | nope' }], retry: once })], {
      provider: model.provider,
    });
    expect(failures(events)).toEqual([expect.stringMatching(/^template: steps\.q\.assert: output \| nope, line 1: /)]);
    expect(rejected(events)).toEqual([]);
  });

  test('is asked again when the step would be reused: what it does not fit any more runs anew', async () => {
    const model = scripted(['short', 'a longer one']);
    const settings = { provider: model.provider, durability: 'relaxed' } as const;
    const q = ask('q', { retry: once });
    const { dir } = await run([q], settings);
    const kept = await resumeJob(dir, [{ ...q, assert: [{ that: 'output.size > 3' }] }], settings);
    expect(reusedOf(kept.events)).toEqual(['q']);
    const edited = await resumeJob(dir, [{ ...q, assert: [{ that: 'output.size > 9' }] }], settings);
    expect(edited.result.status).toBe('succeeded');
    expect(rejected(edited.events)).toEqual(['q by assert']);
    expect(model.asked.map(({ asked }) => asked.sample)).toEqual([0, 1]);
  });

  test('holds for what another run made, too, and what it does not hold for is not shared', async () => {
    let made = 0;
    const kind = probe(() => ++made);
    const runsDir = tempDir();
    const steps = (that: string) => [step('make', { cache: 'on', assert: [{ that }] })];
    expect((await runIn(runsDir, steps('output > 1'), { kinds: [kind] })).result.status).toBe('failed');
    expect((await runIn(runsDir, steps('output > 1'), { kinds: [kind] })).result.status).toBe('succeeded');
    expect((await runIn(runsDir, steps('output > 2'), { kinds: [kind] })).result.status).toBe('failed');
    expect(made).toBe(2);
  });
});

describe('repeat_until', () => {
  const until = (that: string, max = 5) => ({ repeat_until: { that, max } });

  test('asks for another answer until its condition holds, within one attempt', async () => {
    const model = scripted(['one', 'two', 'three', 'four']);
    const { result, events } = await run([ask('q', until('output == "three"'))], { provider: model.provider });
    expect(result.manifest.steps['q']).toMatchObject({ status: 'succeeded', attempts: 1, provider_calls: 3 });
    expect(model.asked.map(({ asked }) => asked.sample)).toEqual([0, 1, 2]);
    expect(rejected(events)).toEqual([]);
  });

  test('knows the round, and counts the calls and the files of the last one', async () => {
    const kind = probe(async ({ write: put }, _) => {
      rounds += 1;
      await put(`${rounds}.md`, 'x');
      await put('log.md', 'x', 'append');
      return rounds;
    });
    let rounds = 0;
    const { events } = await run([step('x', until('round >= 3 and output == round'))], { kinds: [kind] });
    const done = events.find((event) => event.type === 'step.succeeded');
    const files = done?.data.files as { path: string; size_bytes: number }[];
    expect(files.map(({ path, size_bytes: size }) => [path, size])).toEqual([
      ['outputs/test/3.md', 1],
      ['outputs/test/log.md', 1],
    ]);
  });

  test('fails after so many rounds, and all its answers are rejected: a retry gets others', async () => {
    const model = scripted(['1', '2', '3', '4']);
    const { result, events } = await run([ask('q', { ...until('output == "4"', 2), retry: once })], {
      provider: model.provider,
    });
    expect(result.status).toBe('succeeded');
    expect(failures(events)).toEqual(['assertion: repeat_until: not true after 2 rounds: output == "4"']);
    expect(rejected(events)).toEqual(['q by assert', 'q by assert']);
    expect(model.asked.map(({ asked }) => asked.sample)).toEqual([0, 1, 2, 3]);
  });

  test('goes before the assertions, which are asked of its last round', async () => {
    const model = scripted(['a', 'bb', 'ccc', 'dddd']);
    const q = ask('q', { ...until('output.size > 1'), assert: [{ that: 'output.size > 2' }], retry: once });
    const { result, events } = await run([q], { provider: model.provider });
    expect(result.status).toBe('succeeded');
    expect(failures(events)).toEqual(['assertion: expected output.size > 2']);
    expect(model.asked.map(({ asked }) => asked.sample)).toEqual([0, 1, 2]);
  });

  test('ends at a round that fails by itself', async () => {
    const model = scripted(['one', cut('two')]);
    const { events } = await run([ask('q', until('output == "three"'))], { provider: model.provider });
    expect(failures(events)).toEqual([expect.stringMatching(/^truncated: /)]);
  });

  test('goes on after a kill with the answers it had', async () => {
    const { provider, asked } = scripted(['one', 'two', 'three']);
    const stop = new AbortController();
    const model = { ...provider, stream: (...sent: Parameters<typeof provider.stream>) => provider.stream(...sent) };
    const steps = [ask('q', until('output == "three"'))];
    const first = await run(steps, {
      provider: {
        ...model,
        stream: (request, context) => (asked.length === 2 ? ended(stop) : provider.stream(request, context)),
      },
      signal: stop.signal,
    });
    expect(first.result.status).toBe('paused');
    const second = await resumeJob(first.dir, steps, { provider, durability: 'relaxed' });
    expect(second.result.status).toBe('succeeded');
    expect(asked.map((request) => request.asked.sample)).toEqual([0, 1, 2]);
    expect(unitsOf(linesOf(first.dir), 'cache.hit')).toEqual(['q', 'q']);
  });
});

async function* ended(stop: AbortController): AsyncGenerator<never> {
  const interrupted = new OrchError('interrupted', 'SIGINT');
  stop.abort(interrupted);
  await Promise.resolve();
  throw interrupted;
}
