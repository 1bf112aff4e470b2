import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject } from '@orch/contracts';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { errorsOf, readingFrom } from './testing/compiled.ts';
import { jobSchema } from './job-schema.ts';
import { parseJob } from './parse-job.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
const valid = parse(read('fixtures/valid-specs.yaml')) as Record<string, JsonObject>;

const schema = jobSchema();
const validate = new Ajv2020({ allErrors: true }).compile(schema);

const misfits = (job: unknown): string[] => {
  validate(job);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

const context = {
  ...readingFrom({
    '/job/prompts/good.md': 'x',
    '/job/schemas/good.json': '{"n": "integer"}',
    '/job/steps/a.ts': '',
    '/job/kinds/mine.ts': '',
    '/job/sub.yaml': 'steps: {a: {run: "echo {{ vars.n }}"}}',
    '/job/pipe/job.yaml': 'vars: {depth: 1}\nsteps: {a: {run: "echo {{ vars.depth }}"}}',
    '/node_modules/@acme/kinds/package.json': '{"version": "1.0.0"}',
  }),
  pipeline: async () => ({ file: 'software/job.yaml', text: 'steps: {a: {prompt: "{{ task }}"}}', jobDir: '/lib' }),
};

test.each(Object.entries(valid))('%s compiles, and fits the schema', async (_, job) => {
  expect(await errorsOf(JSON.stringify(job), context)).toEqual([]);
  expect(misfits(job)).toEqual([]);
});

test.each(['notes-api', 'repo-report'])('the example %s fits the schema', (name) => {
  expect(misfits(parse(read(`../../../examples/${name}/job.yaml`)))).toEqual([]);
});

type Table = { readonly properties: Record<string, JsonObject>; readonly additionalProperties?: false };
const definitions = schema['$defs'] as unknown as Record<string, Table>;

const kinds = {
  llm: { prompt: 'x' },
  shell: { run: 'x' },
  files: { write: { a: 'x' } },
  patch: { from: 'a' },
  gate: { kind: 'gate', run: 'x' },
  approve: { question: 'x' },
  job: { spec: 'a.yaml' },
  module: { uses: 'a.ts' },
};

const everyName = [
  ...new Set(Object.values(definitions).flatMap(({ properties }) => Object.keys(properties ?? {}))),
  ...['budget', 'priority', 'candidates', 'policy', 'worktree', 'id', 'wat'],
];

/** Whether the reader knows a key, whatever it holds: `at` says what it is a key of. */
function isKnown(job: object, path: string): boolean {
  const parsed = parseJob(JSON.stringify(job), { file: 'job.json' });
  const strange = ['unknown_key', 'not_built'];
  return (
    parsed.ok || !parsed.error.some(({ code, message }) => strange.includes(code) && message.startsWith(`${path}:`))
  );
}

test.each(Object.entries(kinds))(
  'the schema of %s has the keys that the reader knows, and no others',
  (kind, fields) => {
    const known = everyName.filter((name) =>
      isKnown({ steps: { a: { ...fields, kind, [name]: null } } }, `steps.a.${name}`),
    );
    expect(Object.keys(definitions[`step_${kind}`]!.properties).sort()).toEqual(known.sort());
    const listed = Object.keys(definitions[`listed_step_${kind}`]!.properties);
    expect(listed.sort()).toEqual([...known, 'id'].sort());
  },
);

test('the schema of a job has the keys that the reader knows, and no others', () => {
  const { properties } = schema as unknown as Table;
  const names = [...Object.keys(properties), ...everyName, 'gates', 'routing', 'policy', 'workstreams'];
  const known = new Set(names.filter((name) => isKnown({ steps: {}, [name]: null }, name)));
  expect(Object.keys(properties).sort()).toEqual([...known].sort());
});

test.each([
  ['an unknown key', { concurency: 1 }],
  ['an unknown key in a step', { steps: { a: { prompt: 'x', promt: 'x' } } }],
  ['a misspelt field that says what a step does', { steps: { a: { promt: 'x' } } }],
  ['a field of another kind', { steps: { a: { prompt: 'x', args: [] } } }],
  ['a field that is not built', { steps: { a: { prompt: 'x', candidates: 3 } } }],
  ['two fields that say what it does', { steps: { a: { run: 'x', command: 'y' } } }],
  ['two tasks', { task: 'x', task_description: 'x' }],
  ['a pipeline and steps', { pipeline: 'x', steps: { a: { run: 'x' } } }],
  ['a wrong word', { steps: { a: { run: 'x', cache: 'never' } } }],
  ['a step without an id in a list', { steps: [{ run: 'x' }] }],
  ['an id that is no name', { steps: { Build: { run: 'x' } } }],
  ['an unknown limit', { provider: { name: 'ollama', limits: { rpm: 1 } } }],
  ['a breaker of a step', { steps: { a: { prompt: 'x', resilience: { breaker: {} } } } }],
  ['a header that is a number', { provider: { name: 'ollama', headers: { A: 1 } } }],
  ['a server of tools with command and url', { mcp: { a: { command: 'x', url: 'http://a' } } }],
  ['a tool without its server', { steps: { a: { prompt: 'x', tools: ['read'] } } }],
  ['an output of another kind', { steps: { a: { run: 'x', output: 'files' } } }],
])('%s does not fit the schema', (_, job) => {
  expect(misfits(job)).not.toEqual([]);
});

test('every field says what it means', () => {
  const fields = Object.entries(definitions).filter(([name]) => !/^(listed_)?step/.test(name));
  expect(fields.length).toBeGreaterThan(40);
  for (const [name, field] of [...fields, ...Object.entries((schema as unknown as Table).properties)]) {
    expect(field, name).toHaveProperty('description');
  }
});
