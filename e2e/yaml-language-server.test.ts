import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobSchema } from '../packages/spec/src/index.ts';
import { root } from '../tools/checks.mjs';
import { startLanguageServer } from './language-server.ts';
import type { LanguageServer } from './language-server.ts';

const dir = tempDir(afterAll);
let server: LanguageServer;

beforeAll(async () => {
  server = await startLanguageServer(dir, jobSchema());
});
afterAll(() => server.close());

test('at the root of a job, all its fields are offered', async () => {
  expect((await server.complete('‸')).sort()).toEqual(Object.keys(jobSchema()['properties'] as object).sort());
});

test('in an empty step, everything that a step may say is offered', async () => {
  const offered = await server.complete('steps:\n  a:\n    ‸\n');
  expect(offered).toEqual(
    expect.arrayContaining(['prompt', 'run', 'write', 'uses', 'question', 'each', 'needs', 'kind']),
  );
});

test('in a step that runs a command, the fields of commands are offered, and no others', async () => {
  const offered = await server.complete('steps:\n  a:\n    run: ls\n    ‸\n');
  expect(offered).toEqual(expect.arrayContaining(['env', 'cwd', 'stdin', 'output', 'when', 'retry']));
  expect(offered).not.toContain('run');
  expect(offered).not.toContain('prompt');
  expect(offered).not.toContain('question');
});

test('in a step of the list form, the fields of its kind are offered too', async () => {
  const offered = await server.complete('steps:\n  - id: a\n    prompt: x\n    ‸\n');
  expect(offered).toEqual(expect.arrayContaining(['system', 'schema', 'attachments', 'each']));
  expect(offered).not.toContain('args');
});

test.each([
  ['cache', 'run: x\n    cache: ‸', ['auto', '"on"', '"off"', 'refresh']],
  ['the output of a model', 'prompt: x\n    output: ‸', ['text', 'json', 'files', 'patch']],
  ['the output of a command', 'run: x\n    output: ‸', ['text', 'json', 'lines']],
  ['kind', 'kind: ‸', ['llm', 'shell', 'files', 'patch', 'gate', 'approve', 'job', 'module']],
  ['each', 'run: x\n    each:\n      ‸', ['list', 'files', 'from', 'key', 'max_items', 'max_parallel']],
])('the words of %s are offered', async (_, fields, words) => {
  expect(await server.complete(`steps:\n  a:\n    ${fields}\n`)).toEqual(words);
});

test.each([
  ['each', 'steps:\n  a:\n    run: x\n    ea‸ch: [1]\n', /^Does the step for each item/],
  ['a field of its kind', 'steps:\n  a:\n    run: x\n    out‸put: text\n', /^What is made of its standard output/],
  ['a field of the job', 'con‸currency: 3\nsteps: {a: {run: x}}\n', /^Steps and items at once/],
])('%s says what it means', async (_, text, words) => {
  expect(await server.hover(text)).toMatch(words);
});

test.each([
  ['an unknown key of a job', 'concurency: 3\nsteps: {a: {run: x}}\n', ['1:1 Property concurency is not allowed.']],
  ['an unknown key of a step', 'steps:\n  a:\n    run: x\n    ech: [1]\n', ['4:5 Property ech is not allowed.']],
  ['a misspelt prompt', 'steps:\n  a: {promt: x}\n', ['2:7 Property promt is not allowed.']],
  [
    'a field that is not built',
    'steps:\n  a: {prompt: x, candidates: 3}\n',
    ['2:18 Property candidates is not allowed.'],
  ],
  [
    'a wrong word',
    'steps:\n  a: {run: x, on_failure: go_on}\n',
    ['2:27 Value is not accepted. Valid values: "abort", "skip_dependents", "continue".'],
  ],
])('%s is marked', async (_, text, errors) => {
  expect(await server.diagnose(text)).toEqual(errors);
});

const folder = join(root, 'examples');
const examples = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('job.yaml'));

test.each(examples)('nothing is marked in the example %s', async (path) => {
  expect(await server.diagnose(readFileSync(join(folder, path), 'utf8'))).toEqual([]);
});
