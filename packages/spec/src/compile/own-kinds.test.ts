import { err, ok } from '@orch/contracts';
import { expect, test } from 'vitest';
import { compiled, errorsOf, readingFrom } from '../testing/compiled.ts';
import type { OwnKind } from './own-kinds.ts';

/** A kind with one field, as a schema library would check it. */
const ticket: OwnKind = {
  input: {
    safeParse: (value) => {
      const { title, ...others } = value as Record<string, unknown>;
      const issues = Object.keys(others).map((key) => ({ path: [], message: `Unrecognized key: "${key}"` }));
      if (typeof title === 'string' && title.length < 20 && issues.length === 0) return { success: true, data: value };
      return { success: false, error: { issues: [...issues, { path: ['title'], message: 'expected a short text' }] } };
    },
  },
};
const files = {
  '/job/kinds/ticket.ts': "import './text.ts';\n",
  '/job/kinds/text.ts': '',
  '/node_modules/@acme/kinds/package.json': '{"name": "@acme/kinds", "version": "1.2.3"}',
};
const loaded = { ...readingFrom(files), kinds: new Map([['ticket', ticket]]) };

test('kinds that others bring are known by name, their code by digest', async () => {
  const text =
    'kinds: [./kinds/ticket.ts, "@acme/kinds"]\nsteps: {a: {kind: ticket, title: "{{ task }} x", provider: echo}}\ntask: T';
  const { plan, inputs } = await compiled(text, loaded);
  expect(plan.kinds).toEqual([
    { from: './kinds/ticket.ts', code_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    { from: '@acme/kinds', code_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  ]);
  expect(plan.steps[0]).toMatchObject({ kind: 'ticket', provider: 'echo', fields: { title: '{{ task }} x' } });
  expect(inputs.map(({ path }) => path)).toEqual(['kinds/text.ts', 'kinds/ticket.ts']);
});

test('who compiles a job may load its kinds when it is known which', async () => {
  const asked: unknown[] = [];
  const kinds = async (from: readonly string[], jobDir: string) => {
    asked.push([from, jobDir]);
    return ok(loaded.kinds);
  };
  await compiled('kinds: [./kinds/ticket.ts]\nsteps: {a: {kind: ticket, title: x}}', { ...loaded, kinds });
  expect(asked).toEqual([[['./kinds/ticket.ts'], '/job']]);
});

test('that they cannot be loaded is told where the job names them', async () => {
  const kinds = async () => err('kinds: expected a list of kinds, got a string');
  const text = 'steps: {a: {kind: ticket, title: 3}}\nkinds: [./kinds/ticket.ts]';
  expect(await errorsOf(text, { ...loaded, kinds })).toEqual([
    '2:8 bad_value kinds: expected a list of kinds, got a string',
  ]);
});

test('without them, any kind will do in a job that brings some', async () => {
  const text = 'kinds: [./kinds/ticket.ts]\nsteps: {a: {kind: thing, n: [1, "{{ item }}"], each: [1]}}';
  expect((await compiled(text, readingFrom(files))).plan.steps[0]?.fields).toEqual({ n: [1, '{{ item }}'] });
});

test('steps of other kinds are checked as far as they can be before templates are rendered', async () => {
  const text = `
kinds: [./none.ts, nobody, 3, ./kinds/ticket.ts]
steps:
  a: {kind: tickt, title: x}
  b: {kind: ticket, title: [1, 2]}
  c: {kind: ticket, title: "{{ nobody }}", other: x, priority: 3}
  d: {kind: ticket}
  e: {kind: ticket, other: x, title: x}`;
  expect(await errorsOf(text, loaded)).toEqual([
    '2:9 not_found kinds[0]: no such file: none.ts',
    '2:20 not_found kinds[1]: no package "nobody" in node_modules of the job\'s folder or above',
    '2:28 wrong_type kinds[2]: expected a string, got 3 (number)',
    '4:13 bad_value steps.a.kind: expected one of llm, shell, files, patch, gate, approve, job, module, ticket, got "tickt" (string), did you mean "ticket"?',
    '5:28 bad_value steps.b.title: expected a short text',
    '6:32 template steps.c.title: no variable "nobody"',
    '6:54 not_built steps.c.priority: not built yet',
    '7:3 bad_value steps.d.title: expected a short text',
    '8:3 bad_value steps.e: Unrecognized key: "other"',
    '8:38 bad_value steps.e.title: expected a short text',
  ]);
});
