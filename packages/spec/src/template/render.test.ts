import type { StepScope } from '@orch/contracts';
import { expect, test } from 'vitest';
import { OrchError } from '@orch/contracts';
import { renderList, renderStep, renderText } from './render.ts';

const scope: StepScope = {
  task: 'notes',
  vars: { n: 3, list: ['a', { b: 1 }], hostile: '{{ task }}', now: 'now' },
  steps: {
    a: {
      status: 'succeeded',
      output: { title: 'T', tags: ['x', 'y'] },
      files: [],
      items: [{ key: 'k', item: 'i', output: 1, files: [], status: 'succeeded' }],
    },
  },
  run: { id: 'job_0', dir: '/runs/job_0', outputs: '/runs/job_0/outputs/p' },
  job: { dir: '/job' },
  now: '2026-01-02T03:04:05.000Z',
};

const rendered = (template: string, more: Partial<StepScope> = {}): string => {
  const text = renderText(template, { ...scope, ...more });
  return text.ok ? text.value : `${text.error.code}: ${text.error.message}`;
};

test.each([
  ['plain text stays as it is', 'a } b', 'a } b'],
  [
    'objects and lists print as JSON',
    '{{ steps.a.output }} {{ steps.a.output.tags }}',
    '{"title":"T","tags":["x","y"]} ["x","y"]',
  ],
  [
    'numbers and booleans print as they are',
    '{{ vars.n | times: 1.5 }} {{ true }} {{ 1 | divided_by: 0 }}',
    '4.5 true Infinity',
  ],
  [
    'an absent field of a step is nil',
    '[{{ steps.a.output.nope.deeper }}] {{ steps.a.exit_code | default: "none" }}',
    '[] none',
  ],
  ['what a value says is never read as a template', '{{ vars.hostile }}', '{{ task }}'],
  [
    'filters of text see JSON, not [object Object]',
    '{{ steps.a.output | append: vars.list }}',
    '{"title":"T","tags":["x","y"]}["a",{"b":1}]',
  ],
  ['lists join with their objects as JSON', '{{ vars.list | join: " " }}', 'a {"b":1}'],
  [
    'echo and capture print like output',
    '{% capture c %}{{ vars.list }}{% endcapture %}{{ c }}{% echo vars.list %}',
    '["a",{"b":1}]["a",{"b":1}]',
  ],
  ['now is the start of the run, in UTC', '{{ now | date: "%Y-%m-%d %H:%M" }}', '2026-01-02 03:04'],
  ['raw gives literal braces', '{% raw %}{{ x }}{% endraw %}', '{{ x }}'],
  ['loops know their items', '{% for i in steps.a.items %}{{ i.key }}={{ i.output }}{% endfor %}', 'k=1'],
  [
    'prototypes are out of reach',
    '[{{ vars.constructor }}{{ vars.__proto__ }}{{ task.constructor }}{{ vars.list.push }}]',
    '[]',
  ],
  [
    'the size of texts, lists and maps is known',
    '{{ task.size }} {{ vars.list.size }} {{ steps.a.output.size }}',
    '5 2 2',
  ],
])('%s', (_, template, text) => {
  expect(rendered(template)).toBe(text);
});

test.each([
  ['a value that says now', '{{ vars.now | date: "%Y" }}', /^template: .*would read the clock/],
  ['a filter that evaluates text', '{{ vars.list | where_exp: "i", vars.hostile }}', /^template: .*undefined filter/],
  ['the name of an inherited function as filter', '{{ task | constructor }}', /^template: .*undefined filter/],
  ['a range beyond all memory', '{% for i in (1..1000000000) %}x{% endfor %}', /^template: .*limit exceeded/],
  ['a template that is not closed', 'one\ntwo {{ task', /^template: template, line 2: output .* not closed/],
])('%s is refused', (_, template, message) => {
  expect(rendered(template)).toMatch(message);
});

test('a lazy value is read only where a template names it', () => {
  let reads = 0;
  const item = {
    path: 'docs/a.md',
    get text() {
      return `text ${++reads}`;
    },
  };
  expect(rendered('{{ item.path }}', { item })).toBe('docs/a.md');
  expect(reads).toBe(0);
  expect(rendered('{{ item.text | upcase }}', { item })).toBe('TEXT 1');
});

test('the error of a lazy value passes as it is', () => {
  const gone = new OrchError('not_found', 'docs/a.md: changed since it was listed');
  const item = {
    get text(): string {
      throw gone;
    },
  };
  expect(renderText('{{ item.text }}', { ...scope, item })).toEqual({ ok: false, error: gone });
});

test('nothing a template does reaches the scope', () => {
  const before = JSON.stringify(scope);
  rendered('{% increment now %}{% assign task = 1 %}{% assign vars = 2 %}{{ vars }}{% decrement steps %}');
  expect(JSON.stringify(scope)).toBe(before);
});

test.each([
  ['a list is what its expression gives, not its text', '{{ vars.list }}', ['a', { b: 1 }]],
  ['filters make lists', '{{- "a,b" | split: "," -}}', ['a', 'b']],
  ['the texts of a written list are templates', ['{{ task }}', 2, { k: ['{{ vars.n }}'] }], ['notes', 2, { k: ['3'] }]],
])('%s', (_, list, items) => {
  expect(renderList(list, scope)).toEqual({ ok: true, value: items });
});

test.each([
  ['text', '{{ task }}', 'got a value of type string'],
  ['nothing', '{{ steps.a.stderr }}', 'got nothing'],
  ['more than one output', '{{ task }}{{ task }}', 'expected one {{ … }} and nothing else'],
])('a list that is %s is refused', (_, list, message) => {
  expect(renderList(list, scope)).toMatchObject({
    ok: false,
    error: { code: 'template', message: expect.stringContaining(message) },
  });
});

test('the fields of a step are rendered where templates belong, and nowhere else', () => {
  const schema = { type: 'object', description: '{{ task }}' };
  const fields = { prompt: 'Do {{ task }}', system: '{{ item }}', options: { stop: ['{{'] }, schema, output: 'json' };
  expect(renderStep({ id: 's', kind: 'llm', fields }, { ...scope, item: 7 })).toEqual({
    ok: true,
    value: { prompt: 'Do notes', system: '7', options: { stop: ['{{'] }, schema, output: 'json' },
  });
});

test('paths and texts of files are rendered', () => {
  const fields = { write: { 'docs/{{ task }}.md': '# {{ task }}', 'b.md': 'plain' } };
  expect(renderStep({ id: 's', kind: 'files', fields }, scope)).toEqual({
    ok: true,
    value: { write: { 'docs/notes.md': '# notes', 'b.md': 'plain' } },
  });
});

test('two files of one path are refused once their names are known', () => {
  const fields = { write: { '{{ task }}.md': 'a', 'notes.md': 'b' } };
  expect(renderStep({ id: 's', kind: 'files', fields }, scope)).toMatchObject({
    ok: false,
    error: { code: 'template', message: expect.stringContaining('steps.s.write: expected different paths') },
  });
});

test('an error says which field of which step, and on which line', () => {
  const fields = { prompt: 'a\nb\n{{ vars.now | date: "%Y" }}' };
  expect(renderStep({ id: 's', kind: 'llm', fields }, scope)).toMatchObject({
    ok: false,
    error: { message: expect.stringMatching(/^steps\.s\.prompt, line 3: 'now' would read the clock/) },
  });
});
