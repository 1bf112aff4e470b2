import { expect, test } from 'vitest';
import { compiled, errorsOf } from '../testing/compiled.ts';

test('defaults reach the steps that know them and do not say otherwise', async () => {
  const text = `
defaults: {timeout_s: 9, options: {temperature: 0}, env: {A: "{{ run.id }}"}, cache: on, schema: {n: integer}, model: big}
steps:
  a: {prompt: x}
  b: {prompt: x, output: text, timeout_s: 3, provider: ollama:small, options: {}}
  c: {run: ls, reads: [], writes: []}
  d: {question: "Go on?"}
  e: {run: ls, env: {}, cache: off}`;
  const { steps } = (await compiled(text)).plan;
  const schema = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
    additionalProperties: false,
  };
  expect(steps.map(({ id, fields, timeout_s, cache }) => [id, timeout_s, cache, fields])).toEqual([
    ['a', 9, 'auto', { prompt: 'x', model: 'big', options: { temperature: 0 }, schema, output: 'json' }],
    ['b', 3, 'auto', { prompt: 'x', options: {}, output: 'text' }],
    ['c', 9, 'on', { run: 'ls', env: { A: '{{ run.id }}' }, output: 'text' }],
    ['d', 9, 'auto', { question: 'Go on?' }],
    ['e', 9, 'off', { run: 'ls', env: {}, output: 'text' }],
  ]);
});

test('a default may say what steps do', async () => {
  const text = 'defaults: {prompt: "Sum up {{ item }}"}\nsteps: {a: {each: [x]}, b: {each: [y]}, c: {run: ls}}';
  const { steps } = (await compiled(text)).plan;
  expect(steps.map(({ kind }) => kind)).toEqual(['llm', 'llm', 'shell']);
});

test('a mistake in a default is told once, where it stands', async () => {
  const text = `
defaults: {retry: x, env: {A: "{{ nobody }}"}, stdin: 3, tiemout_s: 3, budget: {}, question: x, reads: [none.csv]}
steps:
  a: {run: ls}
  b: {run: ls}`;
  expect(await errorsOf(text)).toEqual([
    '2:19 wrong_type defaults.retry: expected a whole number of 0 or more, or a map with tries, got "x" (string)',
    '2:35 template defaults.env.A: no variable "nobody"',
    '2:55 wrong_type defaults.stdin: expected a string, got 3 (number)',
    '2:58 unknown_key defaults.tiemout_s: unknown key, did you mean "timeout_s"?',
    '2:72 not_built defaults.budget: not built yet',
    '2:84 unknown_key defaults.question: no step of this job has such a field',
    "2:105 not_found defaults.reads[0]: no such file: none.csv [paths count from the folder of the job file; a folder's files are named by a glob, such as docs/**]",
  ]);
});
