import { expect, test } from 'vitest';
import { compiled, errorsOf, readingFrom } from '../testing/compiled.ts';

const pipeline = `
vars: {base: main, depth: 2}
steps:
  diff: {run: "git diff {{ vars.base }}"}
  review: {prompt_file: prompts/review.md}
  check: {uses: ./check.ts, needs: [review]}
`;
const prompt = 'Review {{ task }}, {{ vars.depth }} deep:\n{{ steps.diff.output }}\n';
const files = {
  '/job/pipes/review/job.yaml': pipeline,
  '/job/pipes/review/prompts/review.md': prompt,
  '/job/pipes/review/check.ts': "import './rule.ts';\n",
  '/job/pipes/review/rule.ts': '',
  '/lib/review/prompts/review.md': prompt,
  '/lib/review/check.ts': "import './rule.ts';\n",
  '/lib/review/rule.ts': '',
};
const built = {
  ...readingFrom(files),
  pipelines: ['review', 'software'],
  pipeline: async (use: string) =>
    use === 'review' ? { file: 'review/job.yaml', text: pipeline, jobDir: '/lib/review' } : undefined,
};

test('a job takes its steps from a file, whose own files are beside it', async () => {
  const text = 'task: It\npipeline: {use: pipes/review/job.yaml, with: {base: origin/main}}\nconcurrency: 2';
  const { plan, inputs } = await compiled(text, readingFrom(files));
  expect(plan).toMatchObject({ project: 'job', task: 'It', concurrency: 2, vars: { base: 'origin/main', depth: 2 } });
  expect(plan.steps.map(({ id }) => id)).toEqual(['diff', 'review', 'check']);
  expect(plan.steps[1]?.fields['prompt']).toBe(prompt);
  expect(plan.steps[2]?.fields['uses']).toBe('pipes/review/check.ts');
  expect(inputs.map(({ path }) => path)).toEqual([
    'pipes/review/check.ts',
    'pipes/review/job.yaml',
    'pipes/review/prompts/review.md',
    'pipes/review/rule.ts',
  ]);
});

test('files of a built-in pipeline go with the run under a name of their own, wherever they are installed', async () => {
  const { plan, inputs } = await compiled('task: It\npipeline: review', built);
  expect(plan.steps[2]?.fields['uses']).toBe('.pipeline/review/check.ts');
  expect(inputs.map(({ path }) => path)).toEqual([
    '.pipeline/review/check.ts',
    '.pipeline/review/job.yaml',
    '.pipeline/review/prompts/review.md',
    '.pipeline/review/rule.ts',
  ]);
  const elsewhere = await compiled('task: It\npipeline: review', {
    ...readingFrom(
      Object.fromEntries(Object.entries(files).map(([path, text]) => [path.replace('/lib/', '/opt/'), text])),
    ),
    pipeline: async () => ({ file: '/opt/review/job.yaml', text: pipeline, jobDir: '/opt/review' }),
  });
  expect(elsewhere.plan).toEqual(plan);
});

test('defaults of a job reach the steps of its pipeline, over those of the pipeline', async () => {
  const text = 'defaults: {timeout_s: 1}\npipeline: p.yaml';
  const inner = 'defaults: {timeout_s: 2, cache: off}\nsteps: {a: {run: ls}}';
  const { plan } = await compiled(text, readingFrom({ '/job/p.yaml': inner }));
  expect(plan.steps[0]).toMatchObject({ timeout_s: 1, cache: 'off' });
});

test('--var sets parameters of the pipeline', async () => {
  const { plan } = await compiled('task: x\npipeline: review', { ...built, vars: { base: 'v1' } });
  expect(plan.vars).toEqual({ base: 'v1', depth: 2 });
});

test.each([
  [
    'a parameter it does not have',
    'task: x\npipeline: {use: review, with: {bse: x}}',
    ['2:32 unknown_key pipeline.with.bse: no parameter of this pipeline, did you mean "base"?; it has base, depth'],
  ],
  [
    'a task that it needs',
    'pipeline: review',
    ['1:1 missing task_description: expected, since the pipeline "review" reads {{ task }}'],
  ],
  [
    'a name that is none',
    'pipeline: reviews',
    [
      '1:11 not_found pipeline: no pipeline "reviews", did you mean "review"?; there are review, software [a file has a / in its path, or ends in .yaml]',
    ],
  ],
  ['a file that is missing', 'pipeline: {use: ./none.yaml}', ['1:17 not_found pipeline: no such file: none.yaml']],
  [
    'steps of its own',
    'task: x\npipeline: review\nsteps: {a: {run: ls}}',
    ['3:1 conflict steps: a job has pipeline or steps, not both; expected one of them'],
  ],
  [
    'values of its own',
    'task: x\npipeline: review\nvars: {base: x}',
    ['3:1 conflict vars: a pipeline takes its values from pipeline: {use, with: {…}}, or --var'],
  ],
  [
    'another form',
    'pipeline: [review]',
    ['1:11 wrong_type pipeline: expected the name or file of a pipeline, or a map with use and with, got a list'],
  ],
  [
    'mistakes in its own file',
    'pipeline: bad/job.yaml',
    [
      'bad/job.yaml:2:16 template steps.a.run: no variable "vars.x"',
      'bad/job.yaml:3:20 not_found steps.b.prompt_file: no such file: bad/none.md',
    ],
  ],
  [
    'a pipeline in its place',
    'pipeline: chain.yaml',
    ['chain.yaml:1:1 missing steps: expected steps, since this file is a pipeline'],
  ],
])('a pipeline with %s is refused', async (_, text, errors) => {
  const bad = {
    '/job/bad/job.yaml': 'steps:\n  a: {run: "{{ vars.x }}"}\n  b: {prompt_file: none.md}\n',
    '/job/chain.yaml': 'pipeline: review\n',
  };
  expect(await errorsOf(text, { ...built, ...readingFrom({ ...files, ...bad }) })).toEqual(errors);
});

test('a job without steps is the built-in pipeline software', async () => {
  const software = { file: 'software/job.yaml', text: 'steps: {a: {prompt: "{{ task }}"}}', jobDir: '/lib/software' };
  const names: string[] = [];
  const pipeline = async (use: string) => {
    names.push(use);
    return software;
  };
  expect((await compiled('task_description: Notes', { pipeline })).plan.steps).toHaveLength(1);
  expect(names).toEqual(['software']);
});
