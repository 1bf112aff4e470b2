import type { JsonObject, Plan, PlanStep } from '@orch/contracts';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compiled, contextIn, readingFrom, shown } from './testing/compiled.ts';
import { compileSteps } from './compile-steps.ts';

const job = `
task: Notes
provider: echo
providers: {fast: ollama:small}
vars: {n: 1}
steps:
  list: {run: ls, each: [1, 2]}
  ask: {prompt: x, provider: fast}
  other: {prompt: x}
`;

async function added(steps: JsonObject, plan?: Plan): Promise<readonly PlanStep[] | string[]> {
  const all = plan ?? (await compiled(job)).plan;
  const { jobDir, readFile } = contextIn('/job', readingFrom({ '/job/p.md': 'Read {{ steps.one.output }}' }));
  const result = await compileSteps(steps, { plan: all, existing: all.steps, jobDir, readFile });
  return result.ok ? result.value : result.error.map(shown);
}

test('added steps are compiled like those of the job, and may name all steps there are', async () => {
  const steps = {
    two: { prompt_file: 'p.md', needs: ['list'], provider: 'fast' },
    one: { run: 'echo {{ task }} {{ vars.n }} {{ steps.ask.output }}' },
    three: { run: 'x {{ item.key }}', each: { from: 'list' } },
  };
  const { plan } = await compiled(job);
  const written = parse(job) as { steps: object };
  const files = readingFrom({ '/job/p.md': 'Read {{ steps.one.output }}' });
  const whole = await compiled(JSON.stringify({ ...written, steps: { ...written.steps, ...steps } }), files);
  const wanted = whole.plan.steps.filter(({ id }) => Object.hasOwn(steps, id));
  expect((await added(steps, plan)).map(idOf).sort()).toEqual(Object.keys(steps).sort());
  expect(await added(steps, plan)).toEqual(expect.arrayContaining(wanted));
});

const idOf = (step: PlanStep | string): string => (typeof step === 'string' ? step : step.id);

test('what cannot be added is told with all its reasons', async () => {
  const steps = {
    list: { run: 'ls' },
    a: { run: 'ls', needs: ['nobody', 'b'] },
    b: { run: 'ls', needs: ['a'] },
    c: { prompt: '{{ steps.lst.output }}', provider: 'ollama:big' },
    d: { run: 'ls', each: { from: 'ask' } },
    e: { run: 'ls', env: { T: { secret: 'TOKEN' } } },
    f: { promt: 'x' },
  };
  expect(await added(steps)).toEqual([
    'steps:2:3 duplicate_id steps.list: the run has a step with this id already',
    'steps:8:7 unknown_need steps.a.needs[0]: no step "nobody"',
    'steps:9:7 cycle steps.a: needs itself: a → b → a',
    'steps:19:19 template steps.c.prompt: no step "lst", did you mean "list"?',
    'steps:20:17 bad_value steps.c.provider: expected a provider that the run named at its start, of which there are fast, got "ollama:big"',
    'steps:25:15 bad_value steps.d.each.from: expected a step that has each, got "ask", which has none',
    'steps:32:19 bad_value steps.e.env: expected a secret that the job lists under secrets, got "TOKEN"',
    'steps:37:5 unknown_key steps.f.promt: unknown key, did you mean "prompt"?',
  ]);
});

test('a run without a provider takes no step that asks one', async () => {
  const { plan } = await compiled('steps: {a: {run: ls}}');
  expect(await added({ b: { prompt: 'x' } }, plan)).toEqual([
    'steps:2:3 missing steps.b: asks a model, but the run has no provider [name one in the job: provider: …, since none of its own steps asks a model]',
  ]);
  expect(await added({}, plan)).toEqual(['steps:1:1 missing steps: expected at least one step']);
});
