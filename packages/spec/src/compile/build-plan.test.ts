import { expect, test } from 'vitest';
import { compiled, errorsOf, stepOf } from '../testing/compiled.ts';

test('what steps say of the flow stands in the plan as the engine reads it', async () => {
  const text = `
steps:
  a: {run: ls, each: [1, 2], on_failure: continue, min_success: 2}
  b:
    run: ls
    needs: [{step: a, accept: [skipped, failed]}]
    when: "{{ steps.a.output | size > 1 and run.id != '' }}"
    assert: {that: exit_code == 0, message: "it was {{ exit_code }}"}
    repeat_until: {that: output contains "ok" or round > 2}
    template: false
    on_failure: skip_dependents
`;
  const { plan } = await compiled(text);
  expect(plan.steps[0]).toMatchObject({ on_failure: 'continue', min_success: 2 });
  expect(plan.steps[1]).toMatchObject({
    needs: ['a'],
    accept: { a: ['failed', 'skipped'] },
    when: "steps.a.output | size > 1 and run.id != ''",
    assert: [{ that: 'exit_code == 0', message: 'it was {{ exit_code }}' }],
    repeat_until: { that: 'output contains "ok" or round > 2', max: 5 },
    template: false,
    on_failure: 'skip_dependents',
  });
});

test('what is written and is the default anyway does not change the plan', async () => {
  const short = 'steps: {a: {each: [1], prompt: x}, g: {kind: gate, run: x, needs: [a]}}';
  const long = `
steps:
  a: {each: [1], prompt: x, needs: [], on_failure: abort, allow_truncated: false, repair: {rounds: 1}, cache: on,
      output: text, options: {}, reads: [], on_lost: rerun, retry: 1}
  g: {kind: gate, run: x, needs: [{step: a, accept: [succeeded]}], required: true, criteria: {}, type: unit_tests}`;
  expect((await compiled(long)).planHash).toBe((await compiled(short)).planHash);
});

test.each([
  ['when', 'when: steps.x.status == "failed"'],
  ['assert', 'assert: {that: output == steps.x.output}'],
  ['the message of assert', 'assert: [{that: output, message: "not {{ steps.x.output }}"}]'],
  ['repeat_until', 'repeat_until: {that: steps.x.output | size > round}'],
  ['writes', 'writes: ["{{ steps.x.output }}.md"]'],
])('a step needs a step that is named in %s', async (_, field) => {
  expect((await stepOf(`steps:\n  x: {run: ls}\n  a:\n    run: ls\n    ${field}\n`))?.needs).toEqual(['x']);
});

test('a condition that is plain true or false is one', async () => {
  expect(await stepOf('steps: {a: {run: ls, when: false}}')).toMatchObject({ when: 'false' });
});

test('all fields of a model step stand in its plan', async () => {
  const text = `
steps:
  a:
    messages: [{role: system, content: Be kind}, {role: user, content: "Hello {{ run.id }}"}]
    attachments: ["docs/*.md", "{{ run.outputs }}/a.md"]
    allow_truncated: true
    repair: {rounds: 3}
    output: patch
`;
  expect((await stepOf(text))?.fields).toEqual({
    messages: [
      { role: 'system', content: 'Be kind' },
      { role: 'user', content: 'Hello {{ run.id }}' },
    ],
    attachments: ['docs/*.md', '{{ run.outputs }}/a.md'],
    allow_truncated: true,
    repair: { rounds: 3 },
    options: {},
    output: 'patch',
  });
});

test('kinds are told from their fields', async () => {
  const text = `
steps:
  m: {messages: [{role: user, content: x}]}
  p: {from: m}
  q: {question: "Go on with {{ steps.p.output.sha256 }}?", options: [yes, no], expires_s: 60}
  f: {publish: {"final/": "docs/**"}, needs: [m]}
  g: {publish: [a.md], write: {b.md: x}}`;
  const { steps } = (await compiled(text)).plan;
  const kinds = steps.map(({ id, kind, fields }) => [id, kind, fields] as const);
  const diff = 'steps.m.output';
  expect(kinds).toEqual([
    ['g', 'files', { publish: [{ from: 'a.md' }], write: { 'b.md': 'x' } }],
    ['m', 'llm', { messages: [{ role: 'user', content: 'x' }], options: {}, output: 'text' }],
    ['f', 'files', { publish: [{ from: 'docs/**', to: 'final/' }] }],
    ['p', 'patch', { from: `{% if ${diff}.diff %}{{ ${diff}.diff }}{% else %}{{ ${diff} }}{% endif %}` }],
    ['q', 'approve', { question: 'Go on with {{ steps.p.output.sha256 }}?', options: ['yes', 'no'], expires_s: 60 }],
  ]);
});

test('secrets of the job and of what steps hand to commands are named in the plan', async () => {
  const text = 'secrets: [ZED, A_B]\nsteps: {a: {run: ls, env: {T: {secret: TOKEN}, U: {secret: ZED}}}}';
  const { plan } = await compiled(text);
  expect(plan.secrets).toEqual(['A_B', 'TOKEN', 'ZED']);
  expect(plan.steps[0]?.fields['env']).toEqual({ T: { secret: 'TOKEN' }, U: { secret: 'ZED' } });
});

test('a job says where its outputs are copied to', async () => {
  expect((await compiled('output_dir: ../site\nsteps: {a: {run: ls}}')).plan.output_dir).toBe('../site');
});

test('a field that is text as it stands is not read as a template, but conditions and lists are', async () => {
  const text =
    'steps: {a: {run: "echo {{ nobody }} \'{{ item }}\'", template: false, each: ["{{ nobody }}"], when: nobody}}';
  expect((await errorsOf(text)).map((error) => error.split(': ').slice(0, 2).join(': '))).toEqual([
    '1:80 template steps.a.each[0]: no variable "nobody"',
    '1:99 template steps.a.when: no variable "nobody"',
  ]);
});
