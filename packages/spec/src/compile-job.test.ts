import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { CompiledJob, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { compileJob, loadJob } from './compile-job.ts';
import type { CompileContext } from './compile/context.ts';
import { parseJob } from './parse-job.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function contextIn(jobDir: string, more: Partial<CompileContext> = {}): CompileContext & { file: string } {
  const read = (path: string) => readFile(path, 'utf8');
  return { jobDir, file: 'job.yaml', readFile: read, digest: (plan) => sha256(JSON.stringify(plan)), ...more };
}

async function compiled(text: string, more: Partial<CompileContext> = {}): Promise<CompiledJob> {
  const job = await loadJob(text, contextIn('/nowhere/My Notes', more));
  if (!job.ok) throw new Error(JSON.stringify(job.error, undefined, 1));
  return job.value;
}

const stepOf = async (text: string, id = 'a'): Promise<PlanStep | undefined> =>
  (await compiled(text)).plan.steps.find((step) => step.id === id);

/** Writes files below a new folder. */
function folderWith(files: Record<string, string>): string {
  const dir = tempDir();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return dir;
}

test('a plan has every default filled in', async () => {
  const job = await compiled('steps: {a: {prompt: Hello}, b: {run: ls, needs: [a]}}');
  const waits = { backoff: 'exponential', base_s: 2, max_s: 10, jitter: true };
  const common = { cache: 'auto', reads: [], writes: [], on_lost: 'rerun' };
  expect(job.plan).toEqual({
    version: 1,
    project: 'my-notes',
    concurrency: 4,
    vars: {},
    steps: [
      {
        ...{ id: 'a', kind: 'llm', needs: [], retry: { tries: 1, ...waits }, ...common },
        fields: { prompt: 'Hello', options: {}, output: 'text' },
      },
      {
        ...{ id: 'b', kind: 'shell', needs: ['a'], retry: { tries: 0, ...waits }, ...common },
        fields: { run: 'ls', env: {}, output: 'text' },
      },
    ],
  });
  expect(job.planHash).toBe(sha256(JSON.stringify(job.plan)));
});

test('parsing and compiling apart gives what loading gives', async () => {
  const text = 'task: t\nsteps: {a: {prompt: "{{ task }}"}}';
  const spec = parseJob(text, { file: 'job.yaml' });
  if (!spec.ok) throw new Error('refused');
  const context = contextIn('/nowhere/x');
  expect(await compileJob(spec.value, context)).toEqual(await loadJob(text, context));
});

test('what is written wins over the defaults', async () => {
  const text = `
    {"project": "p", "concurrency": 9, "timeout_s": 0, "steps": [
      {"id": "a", "command": "ls", "retry": {"tries": 3, "backoff": "fixed", "jitter": false}, "timeout_s": 1.5, "cache": "off",
       "each": {"list": [1], "max_parallel": 2, "key": "{{ item }}"}, "reads": ["src/**"], "writes": ["out/*"], "on_lost": "fail", "output": "lines"},
      {"id": "b", "prompt": "x", "cache": "on", "schema": {"title": "string", "deep": {"tags": ["string"]}}}]}`;
  const { plan } = await compiled(text, { concurrency: 2 });
  expect(plan).toMatchObject({ project: 'p', concurrency: 9 });
  expect(plan).not.toHaveProperty('timeout_s');
  expect(plan.steps[0]).toEqual({
    ...{
      id: 'a',
      kind: 'shell',
      needs: [],
      timeout_s: 1.5,
      cache: 'off',
      reads: ['src/**'],
      writes: ['out/*'],
      on_lost: 'fail',
    },
    each: { list: [1], key: '{{ item }}', max_items: 1000, max_parallel: 2 },
    retry: { tries: 3, backoff: 'fixed', base_s: 2, max_s: 10, jitter: false },
    fields: { command: 'ls', args: [], env: {}, output: 'lines' },
  });
  const object = { type: 'object', additionalProperties: false };
  const tags = { type: 'array', items: { type: 'string' } };
  expect(plan.steps[1]).toMatchObject({
    cache: 'auto',
    fields: {
      output: 'json',
      schema: {
        ...object,
        properties: { title: { type: 'string' }, deep: { ...object, properties: { tags }, required: ['tags'] } },
        required: ['title', 'deep'],
      },
    },
  });
});

test.each([
  ['a prompt', 'prompt: "{{ steps.x.output }}"'],
  ['a condition', 'prompt: "{% if steps.x.output == 1 %}{% endif %}"'],
  ['an argument of a filter', 'prompt: "{{ vars.v | append: steps.x.output }}"'],
  ['a system text', '{prompt: p, system: "{{ steps.x.files }}"}'],
  ['an environment', '{run: ls, env: {A: "{{ steps.x.status }}"}}'],
  ['a path that is written', 'write: {"{{ steps.x.output }}.md": y}'],
  ['a list of items', '{run: ls, each: "{{ steps.x.output }}"}'],
  ['a glob of items', '{run: ls, each: {files: "{{ steps.x.output }}"}}'],
  ['the key of items', '{run: ls, each: {list: [1], key: "{{ steps.x.output }}"}}'],
  ['a fan-out over its items', '{run: ls, each: {from: x}}'],
])('a step needs a step that is named in %s', async (_, fields) => {
  const step = fields.startsWith('{') ? fields : `{${fields}}`;
  const text = `vars: {v: 1}\nsteps:\n  a: ${step}\n  x: {run: ls, each: [1]}\n`;
  expect((await stepOf(text))?.needs).toEqual(['x']);
});

test('written and inferred needs are joined, and steps stand in the order of the graph', async () => {
  const text = 'steps: {z: {prompt: "{{ steps.y.output }}", needs: [b, y]}, y: {run: ls}, b: {run: ls}}';
  const { steps } = (await compiled(text)).plan;
  expect(steps.map(({ id, needs }) => [id, needs])).toEqual([
    ['b', []],
    ['y', []],
    ['z', ['b', 'y']],
  ]);
});

test('text of files stands in the plan, and every file that was read in the inputs', async () => {
  const jobDir = folderWith({
    'job/prompts/a.md': 'Hello {{ steps.b.output }}\n',
    'job/schema.json': '{"type": "object", "properties": {"n": {"type": "integer"}}}',
    'shared/short.yaml': 'title: string\n',
  });
  const text = [
    'steps:',
    '  a: {prompt_file: ./prompts/a.md, schema: schema.json}',
    '  b: {prompt: x, schema: ../shared/short.yaml}',
    '  c: {prompt_file: prompts/a.md}',
  ].join('\n');
  const job = await loadJob(text, contextIn(join(jobDir, 'job')));
  if (!job.ok) throw new Error(JSON.stringify(job.error));
  const { plan, inputs, spec } = job.value;
  const a = plan.steps.find(({ id }) => id === 'a');
  expect(a?.needs).toEqual(['b']);
  expect(a?.fields).toEqual({
    prompt: 'Hello {{ steps.b.output }}\n',
    options: {},
    schema: { type: 'object', properties: { n: { type: 'integer' } } },
    output: 'json',
  });
  expect(inputs.map(({ path }) => path)).toEqual(['../shared/short.yaml', 'prompts/a.md', 'schema.json']);
  expect(inputs.every(({ sha256: digest, content }) => digest === sha256(content))).toBe(true);
  expect(spec).toEqual({ path: 'job.yaml', sha256: sha256(text), content: text });
});

test('the digest of a module covers what it imports by relative paths, and nothing else', async () => {
  const files = {
    'steps/thing.ts':
      "import { a } from './a.ts';\nimport fs from 'node:fs';\nexport default a;\n// from './gone.ts'\n",
    'steps/a.ts': "export { b as a } from '../lib/b.ts';\nconst lazy = () => import('./c.ts');\n",
    'steps/c.ts': "import './thing.ts';\n",
    'lib/b.ts': 'export const b = 1;\n',
    'lib/unused.ts': 'export const u = 1;\n',
  };
  const load = async (changed: Record<string, string>) => {
    const job = await loadJob('steps: {a: {uses: ./steps/thing.ts}}', contextIn(folderWith({ ...files, ...changed })));
    if (!job.ok) throw new Error(JSON.stringify(job.error));
    return { paths: job.value.inputs.map(({ path }) => path), fields: job.value.plan.steps[0]!.fields };
  };
  const first = await load({});
  expect(first.paths).toEqual(['lib/b.ts', 'steps/a.ts', 'steps/c.ts', 'steps/thing.ts']);
  expect(first.fields['uses']).toBe('./steps/thing.ts');
  expect(await load({ 'lib/unused.ts': 'changed' })).toEqual(first);
  expect((await load({ 'lib/b.ts': 'changed' })).fields['code_sha256']).not.toBe(first.fields['code_sha256']);
});

test('a file that is a folder is named with the reason', async () => {
  const job = await loadJob('steps: {a: {prompt_file: prompts}}', contextIn(folderWith({ 'prompts/a.md': 'x' })));
  expect(job).toMatchObject({
    ok: false,
    error: [{ code: 'not_found', message: expect.stringContaining('cannot read prompts: EISDIR') }],
  });
});

test('who answers is decided once, from what is written, and only for a job that asks a model', async () => {
  const asked: unknown[] = [];
  const provider = (written: { name: string }) => {
    asked.push(written);
    return { name: 'echo' };
  };
  const model = 'steps: {a: {prompt: x}, b: {prompt: y}}';
  expect((await compiled(`provider: ollama:qwen2.5:7b\n${model}`, { provider })).plan.provider).toEqual({
    name: 'echo',
  });
  await compiled(model, { provider });
  await compiled('provider: openai\nsteps: {a: {run: ls}}', { provider });
  expect(asked).toEqual([{ name: 'ollama', model: 'qwen2.5:7b' }, { name: 'auto' }]);
  expect((await compiled(`provider: ollama:m\n${model}`)).plan.provider).toEqual({ name: 'ollama', model: 'm' });
  expect((await compiled(model)).plan).not.toHaveProperty('provider');
});

test('values handed in win over those of the job, also for variables that it only reads', async () => {
  const text = 'vars: {a: 1, b: 2}\nsteps: {s: {prompt: "{{ vars.c }}"}}';
  expect((await compiled(text, { vars: { b: 3, c: 4 } })).plan.vars).toEqual({ a: 1, b: 3, c: 4 });
});

test('values kept from an earlier run stand under those given now, and are forgotten with their variable', async () => {
  const text = 'vars: {a: 1, b: 2}\nsteps: {s: {prompt: "{{ vars.c }}"}}';
  const { plan } = await compiled(text, { keptVars: { a: '7', b: 3, c: 4, gone: 5 }, vars: { b: 8 } });
  expect(plan.vars).toEqual({ a: 7, b: 8, c: 4 });
});

test('an anchor may be used again', async () => {
  const text =
    'steps:\n  a: {run: ls, env: &env {A: "{{ steps.b.output }}"}}\n  b: {run: ls}\n  c: {run: ls, env: *env}\n';
  expect(await stepOf(text, 'c')).toMatchObject({ needs: ['b'], fields: { env: { A: '{{ steps.b.output }}' } } });
});

test('a merge key brings what the map itself does not say; of several maps the first with a field wins', async () => {
  const merged = `steps:
  a: &a {run: ls, retry: 1, timeout_s: 9}
  b: {run: pwd, <<: *a, retry: 2}
  c: {<<: [{retry: 3}, *a]}`;
  const plain = `steps:
  a: {run: ls, retry: 1, timeout_s: 9}
  b: {run: pwd, retry: 2, timeout_s: 9}
  c: {run: ls, retry: 3, timeout_s: 9}`;
  expect((await compiled(merged)).plan).toEqual((await compiled(plain)).plan);
});

test('literal braces may hold the notation of another tool', async () => {
  const text = 'steps: {a: {prompt: "{% raw %}${{ github.sha }} {{ \'now\' | date }}{% endraw %}"}}';
  expect(await stepOf(text)).toMatchObject({ kind: 'llm', needs: [] });
});

test('nesting and repeating without end is an error, not a crash', async () => {
  const bomb = ['vars:', '  a: &a [x]'].concat(
    Array.from(
      { length: 30 },
      (_, n) =>
        `  v${n}: &${'b'.repeat(n + 2)} [*${n === 0 ? 'a' : 'b'.repeat(n + 1)}, *${n === 0 ? 'a' : 'b'.repeat(n + 1)}]`,
    ),
  );
  const texts = ['['.repeat(50_000), `vars: ${'['.repeat(300)}${']'.repeat(300)}`, 'vars: &a [*a]', bomb.join('\n')];
  for (const text of texts) expect(parseJob(text, { file: 'job.yaml' }).ok).toBe(false);
  const tags = '{% if vars.x %}'.repeat(20_000) + '{% endif %}'.repeat(20_000);
  const job = await loadJob(`vars: {x: 1}\nsteps: {a: {prompt: "${tags}"}}`, contextIn('/nowhere/x'));
  expect(job).toMatchObject({ ok: false, error: [{ code: 'template' }] });
});
