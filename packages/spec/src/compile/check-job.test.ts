import { err, ok } from '@orch/contracts';
import type { JsonObject, Plan, PlanInput } from '@orch/contracts';
import { expect, test } from 'vitest';
import { compiled, errorsOf, readingFrom } from '../testing/compiled.ts';

const sub = `
vars: {count: 1}
steps:
  look: {run: "ls {{ vars.count }} {{ vars.where }}"}
  sum: {prompt_file: prompts/sum.md, needs: [look]}
  call: {uses: ./call.ts}
`;
const files = {
  '/job/parts/sub.yaml': sub,
  '/job/parts/prompts/sum.md': 'Sum up\n',
  '/job/parts/call.ts': "import '../shared.ts';\n",
  '/job/shared.ts': '',
};
type Job = {
  readonly plan: Plan;
  readonly spec: PlanInput;
  readonly inputs: readonly PlanInput[];
  readonly jobDir: string;
};

test('a job that a step runs is compiled with it, from its own folder', async () => {
  const text = `
provider: echo
vars: {n: 3}
steps:
  a: {spec: ./parts/sub.yaml, vars: {count: "{{ vars.n }}", where: "{{ item }}"}, each: [x]}`;
  const { plan, inputs } = await compiled(text, readingFrom(files));
  const [step] = plan.steps;
  const { job, ...fields } = step!.fields as JsonObject & { job: Job };
  expect(step?.kind).toBe('job');
  expect(fields).toEqual({ spec: './parts/sub.yaml', vars: { count: '{{ vars.n }}', where: '{{ item }}' } });
  expect(job.jobDir).toBe('parts');
  expect(job.spec).toMatchObject({ path: 'sub.yaml', content: sub });
  expect(job.inputs.map(({ path }) => path)).toEqual(['../shared.ts', 'call.ts', 'prompts/sum.md']);
  expect(job.plan).toMatchObject({ project: 'parts', vars: { count: 1 } });
  expect(job.plan).not.toHaveProperty('provider');
  expect(job.plan.steps.map(({ id }) => id)).toEqual(['call', 'look', 'sum']);
  expect(job.plan.steps[0]?.fields['uses']).toBe('./call.ts');
  expect(inputs.map(({ path }) => path)).toEqual([
    'parts/call.ts',
    'parts/prompts/sum.md',
    'parts/sub.yaml',
    'shared.ts',
  ]);
  expect(plan.provider).toEqual({ name: 'echo' });
});

test('a job that a step runs may ask somebody else, and hides what its own steps hide', async () => {
  const inner = 'provider: ollama:small\nsteps: {a: {prompt: x}, b: {run: ls, env: {K: {secret: KEPT}}}}';
  const text = 'provider: echo\nsteps: {a: {spec: sub.yaml}}';
  const { plan } = await compiled(text, readingFrom({ '/job/sub.yaml': inner }));
  const { job } = plan.steps[0]!.fields as unknown as { job: Job };
  expect(plan).not.toHaveProperty('provider');
  expect(plan.secrets).toEqual(['KEPT']);
  expect(job.plan.provider).toEqual({ name: 'ollama', model: 'small' });
});

test('what is wrong with a job that a step runs is told where it stands', async () => {
  const inner = 'vars: {count: 1}\nsteps:\n  x: {prompt: "{{ nobody }}", needs: [y]}\n';
  const text = 'steps:\n  a: {spec: parts/sub.yaml, vars: {cuont: 1}}\n  b: {spec: none.yaml}\n  c: {promt: x}\n';
  expect(await errorsOf(text, readingFrom({ '/job/parts/sub.yaml': inner }))).toEqual([
    '2:36 unknown_key steps.a.vars.cuont: that job has no such variable, did you mean "count"?',
    '3:13 not_found steps.b.spec: no such file: none.yaml',
    '4:7 unknown_key steps.c.promt: unknown key, did you mean "prompt"?',
    'parts/sub.yaml:3:19 template steps.x.prompt: no variable "nobody"',
    'parts/sub.yaml:3:39 unknown_need steps.x.needs[0]: no step "y"',
  ]);
});

test('jobs that run each other are refused, the way round printed', async () => {
  const there = { '/job/b/b.yaml': 'steps:\n  back: {spec: ../job.yaml}\n', '/job/job.yaml': 'steps: {}' };
  expect(await errorsOf('steps:\n  a: {spec: b/b.yaml}\n', readingFrom(there))).toEqual([
    'b/b.yaml:2:16 cycle steps.back.spec: runs itself: job.yaml → b/b.yaml → job.yaml',
  ]);
  expect(await errorsOf('steps: {a: {spec: job.yaml}}', readingFrom(there))).toEqual([
    '1:19 cycle steps.a.spec: runs itself: job.yaml → job.yaml',
  ]);
});

test('a job that is code is what it comes to, and its files are inputs', async () => {
  const asked: string[] = [];
  const importJob = async (path: string) => {
    asked.push(path);
    const text = '{"steps": {"a": {"run": "ls"}}}';
    const made = (name: string) => ({ path: name, sha256: '', content: name });
    return path.endsWith('bad.ts') ? err('it throws') : ok({ text, inputs: [made('sub.ts'), made('../lib.ts')] });
  };
  const text = 'steps: {a: {spec: parts/sub.ts}}';
  const { plan, inputs } = await compiled(text, { importJob });
  const { job } = plan.steps[0]!.fields as unknown as { job: Job };
  expect(job.plan.steps).toMatchObject([{ id: 'a', kind: 'shell' }]);
  expect(inputs.map(({ path }) => path)).toEqual(['lib.ts', 'parts/sub.ts']);
  expect(asked).toEqual(['/job/parts/sub.ts']);
  expect(await errorsOf('steps: {a: {spec: bad.ts}}', { importJob })).toEqual([
    '1:19 bad_value steps.a.spec: it throws',
  ]);
});
