import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderText } from '@orch/spec';
import { tempDir } from '@orch/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { plan } from '../index.ts';
import { defineJob } from './define-job.ts';
import type { Job } from './job.ts';
import type { StepHandle } from './step-handle.ts';

/** The steps that a job is defined with, as the job language has them. */
const stepsOf = (job: Job) => job.spec['steps'];

describe('the plan is the one of the same job in YAML, hash included', () => {
  const pairs: Readonly<Record<string, readonly [Job, string]>> = {
    'every kind and the needs between them': [
      defineJob({ project: 'p', task: 'Notes', provider: 'echo:m', timeoutS: 60, vars: { tone: 'dry' } }, (j) => {
        const ask = j.llm('ask', {
          prompt: j.t`${j.task}, ${j.vars.tone}`,
          system: 'Be terse.',
          options: { topP: 0.5, maxTokens: 10 },
          schema: { title: 'string', tags: ['string'] },
          retry: { tries: 2, baseS: 1 },
        });
        const list = j.shell('list', { run: 'ls docs', output: 'lines', reads: ['docs/*'], timeoutS: 5 });
        j.shell('echo', { command: 'echo', args: [ask.output.title, '{{ task }}'], env: { FROM: list.output } });
        j.files('keep', { write: { 'a.md': ask.output.title, 'b.md': j.t`${list.exitCode} ${j.run.outputs}` } });
        j.gate('check', { run: 'true', needs: [list], cwd: j.job.dir });
        j.module('code', { uses: './code.mjs', needs: ['check'], onLost: 'fail' });
      }),
      `
project: p
task: Notes
provider: echo:m
timeout_s: 60
vars: { tone: dry }
steps:
  ask:
    prompt: '{{ task }}, {{ vars.tone }}'
    system: Be terse.
    options: { top_p: 0.5, max_tokens: 10 }
    schema: { title: string, tags: [string] }
    retry: { tries: 2, base_s: 1 }
  list: { run: ls docs, output: lines, reads: ['docs/*'], timeout_s: 5 }
  echo: { command: echo, args: ['{{ steps.ask.output.title }}', '{{ task }}'], env: { FROM: '{{ steps.list.output }}' } }
  keep:
    write: { a.md: '{{ steps.ask.output.title }}', b.md: '{{ steps.list.exit_code }} {{ run.outputs }}' }
  check: { kind: gate, run: 'true', needs: [list], cwd: '{{ job.dir }}' }
  code: { uses: ./code.mjs, needs: [check], on_lost: fail }
`,
    ],
    'providers with policies, and models that call tools': [
      defineJob(
        {
          project: 'p',
          provider: {
            name: 'openai',
            model: 'm',
            baseUrl: 'http://127.0.0.1:9/v1',
            limits: { requestsPerMinute: 6, tokensPerMinute: 100, maxParallel: 2 },
            resilience: { connectS: 1, firstByteS: 2, retries: 0, breaker: { threshold: 2, cooldownS: 3 } },
            headers: { 'X-Team': 'docs', apiKey: { secret: 'AZURE_KEY' } },
            api: 'responses',
          },
          providers: { other: { name: 'anthropic', model: 'n', apiVersion: '2026-10-21' } },
          mcp: {
            files: { command: 'npx', args: ['x'], env: { rootDir: { secret: 'FILES_ROOT' } }, cwd: 'a' },
            search: { url: 'http://127.0.0.1:9/mcp', headers: { xTeam: 'docs' } },
          },
        },
        (j) => {
          j.llm('a', {
            prompt: 'x',
            tools: ['search.get*'],
            toolRounds: 2,
            resilience: { betweenChunksS: 5, totalS: 9 },
          });
          j.llm('b', { prompt: 'x', provider: 'other' });
          j.llm('c', { prompt: 'x', provider: { name: 'openai', model: 'k', limits: { maxParallel: 1 } } });
        },
      ),
      `
project: p
provider:
  name: openai
  model: m
  base_url: http://127.0.0.1:9/v1
  limits: { requests_per_minute: 6, tokens_per_minute: 100, max_parallel: 2 }
  resilience: { connect_s: 1, first_byte_s: 2, retries: 0, breaker: { threshold: 2, cooldown_s: 3 } }
  headers: { X-Team: docs, apiKey: { secret: AZURE_KEY } }
  api: responses
providers: { other: { name: anthropic, model: n, api_version: 2026-10-21 } }
mcp:
  files: { command: npx, args: [x], env: { rootDir: { secret: FILES_ROOT } }, cwd: a }
  search: { url: http://127.0.0.1:9/mcp, headers: { xTeam: docs } }
steps:
  a: { prompt: x, tools: ['search.get*'], tool_rounds: 2, resilience: { between_chunks_s: 5, total_s: 9 } }
  b: { prompt: x, provider: other }
  c: { prompt: x, provider: { name: openai, model: k, limits: { max_parallel: 1 } } }
`,
    ],
    'every form of each, and what is made of an item': [
      defineJob({ project: 'p' }, (j) => {
        const pages = j.shell('pages', {
          each: { files: 'docs/*', key: '{{ item.name }}', maxItems: 9, maxParallel: 2 },
          run: (item) => j.t`wc -l < ${item.path}`,
        });
        j.files('one', {
          each: { from: pages },
          write: (item) => new Map([[j.t`${item.item.name}.txt`, item.output]]),
        });
        j.shell('all', { each: pages.output, command: 'echo', args: [(item) => item, pages.items[0]!.item.path] });
        const matrix = [
          { os: 'linux', inCamel: 1 },
          { os: 'mac', inCamel: 2 },
        ];
        j.shell('matrix', {
          each: j.each(matrix, { key: (item) => j.t`${item.os}-${item.inCamel}`, maxItems: 2 }),
          run: (item) => j.t`echo ${item.os}`,
        });
        j.shell('list', { each: ['a', 'b'], run: 'echo {{ item }}' });
      }),
      `
project: p
steps:
  pages:
    each: { files: 'docs/*', key: '{{ item.name }}', max_items: 9, max_parallel: 2 }
    run: wc -l < {{ item.path }}
  one: { each: { from: pages }, write: { '{{ item.item.name }}.txt': '{{ item.output }}' } }
  all:
    each: '{{ steps.pages.output }}'
    command: echo
    args: ['{{ item }}', '{{ steps.pages.items[0].item.path }}']
  matrix:
    each: { list: [{ os: linux, inCamel: 1 }, { os: mac, inCamel: 2 }], key: '{{ item.os }}-{{ item.inCamel }}', max_items: 2 }
    run: echo {{ item.os }}
  list: { each: [a, b], run: 'echo {{ item }}' }
`,
    ],
  };

  test.each(Object.entries(pairs))('%s', async (_, [job, yaml]) => {
    const cwd = place(yaml);
    const [defined, written] = await Promise.all([plan(job, { cwd }), plan('job.yaml', { cwd })]);
    expect(defined.plan).toEqual(written.plan);
    expect(defined.planHash).toBe(written.planHash);
  });

  test('of any text with braces and references, however a person marks in YAML what is literal', async () => {
    const literal = fc.stringMatching(/^([ab \n$%"'-]|\{|\}|\{\{ c \}\}|\{% d %\}|\$\{\{|\}\}|\{%|%\}|raw)*$/);
    const wholly = (text: string): string => `{% raw %}${text}{% endraw %}`;
    const piecewise = (text: string): string => text.replace(/[{$%}]+/g, (signs) => `{% raw %}${signs}{% endraw %}`);
    const printed = (text: string): string => text.replace(/[{$]/g, (sign) => `{{ "${sign}" }}`);
    const bare = (text: string): string => (/\{[{%]|[{$]$/.test(text) ? wholly(text) : text);
    const spelling = fc.constantFrom(wholly, piecewise, printed, bare);
    const cwd = tempDir();
    await fc.assert(
      fc.asyncProperty(literal, literal, spelling, async (before, after, spelled) => {
        const job = defineJob({ project: 'p', provider: 'echo', task: 'T' }, (j) => {
          j.llm('a', { prompt: j.t`x${before}${j.task}${after}` });
        });
        const prompt = `${spelled(`x${before}`)}{{ task }}${spelled(after)}`;
        const yaml = { project: 'p', provider: 'echo', task: 'T', steps: { a: { prompt } } };
        writeFileSync(join(cwd, 'job.yaml'), JSON.stringify(yaml));
        const [defined, written] = await Promise.all([plan(job, { cwd }), plan('job.yaml', { cwd })]);
        expect(defined.planHash).toBe(written.planHash);
      }),
      { numRuns: 60 },
    );
  });

  test('a zod schema is the JSON Schema that zod makes of it', async () => {
    const schema = z.object({ title: z.string(), n: z.int().min(1).optional() });
    const [zod, plain] = [schema, z.toJSONSchema(schema) as Record<string, string>].map((each) =>
      defineJob({ project: 'p', provider: 'echo' }, (j) => void j.llm('a', { prompt: 'x', schema: each })),
    ) as [Job, Job];
    const cwd = tempDir();
    expect((await plan(zod, { cwd })).planHash).toBe((await plan(plain, { cwd })).planHash);
  });
});

test('fields of the whole language are written as job-spec.md has them', () => {
  const job = defineJob(
    {
      outputDir: 'out',
      secrets: ['TOKEN'],
      providers: { bigOne: { name: 'openai', baseUrl: 'http://a', limits: { maxParallel: 1 } } },
      pipeline: { use: 'review', with: { failOn: 'high' } },
      budget: { usd: 1, warnAt: 0.5, onExceed: 'warn' },
      defaults: { onFailure: 'continue' },
      gates: { unitTests: { run: 'npm test', criteria: { minTests: 3 } } },
    },
    (j) => {
      const first = j.llm('first', {
        messages: [{ role: 'user', content: j.t`${j.now}` }],
        promptFile: 'a.md',
        provider: 'bigOne',
        allowTruncated: true,
        onFailure: 'continue',
      });
      const patch = j.patch('fix', { from: first, verify: ['unitTests'], onFail: 'quarantine' });
      j.approve('sure', { question: j.t`Apply ${patch.output}?`, options: ['yes', 'no'], expiresS: 60 });
      j.job('child', { spec: './child.yaml', vars: { someName: j.item }, each: { from: j.shell('s', shell) } });
      j.step('theirs', { kind: 'acme.search', maxDepth: { ofTree: j.task }, timeoutS: 3, needs: ['first'] });
      j.shell('flow', {
        run: 'x',
        env: { TOKEN: { secret: 'TOKEN' } },
        needs: [{ step: first, accept: ['succeeded', 'failed'] }],
        when: j.expr`${first.error.code} == ${'timeout'} or ${first.output} contains ${'"}}'}`,
        assert: [{ that: (own) => j.expr`${own.output} | size > ${3}`, message: (own) => j.t`got ${own.output}` }],
        repeatUntil: { that: ({ round }) => j.expr`${round} > ${2}`, max: 4 },
        onFailure: 'skip_dependents',
        conflictGroup: 'db',
        parallelOk: false,
        codeVersion: 'commit',
      });
      j.llm('some', { each: { files: 'a' }, when: (item) => item.path, prompt: 'x', minSuccess: 2 });
    },
  );
  expect(job.spec).toEqual({
    output_dir: 'out',
    secrets: ['TOKEN'],
    providers: { bigOne: { name: 'openai', base_url: 'http://a', limits: { max_parallel: 1 } } },
    pipeline: { use: 'review', with: { failOn: 'high' } },
    budget: { usd: 1, warn_at: 0.5, on_exceed: 'warn' },
    defaults: { on_failure: 'continue' },
    gates: { unitTests: { run: 'npm test', criteria: { min_tests: 3 } } },
    steps: {
      first: {
        kind: 'llm',
        messages: [{ role: 'user', content: '{{ now }}' }],
        prompt_file: 'a.md',
        provider: 'bigOne',
        allow_truncated: true,
        on_failure: 'continue',
      },
      fix: { kind: 'patch', from: 'first', verify: ['unitTests'], on_fail: 'quarantine' },
      sure: { kind: 'approve', question: 'Apply {{ steps.fix.output }}?', options: ['yes', 'no'], expires_s: 60 },
      s: { kind: 'shell', each: [1], run: 'x' },
      child: { kind: 'job', spec: './child.yaml', vars: { someName: '{{ item }}' }, each: { from: 's' } },
      theirs: { kind: 'acme.search', maxDepth: { ofTree: '{{ task }}' }, timeout_s: 3, needs: ['first'] },
      flow: {
        kind: 'shell',
        run: 'x',
        env: { TOKEN: { secret: 'TOKEN' } },
        needs: [{ step: 'first', accept: ['succeeded', 'failed'] }],
        when: 'steps.first.error.code == "timeout" or steps.first.output contains "\\"\\u007d\\u007d"',
        assert: [{ that: 'output | size > 3', message: 'got {{ output }}' }],
        repeat_until: { that: 'round > 2', max: 4 },
        on_failure: 'skip_dependents',
        conflict_group: 'db',
        parallel_ok: false,
        code_version: 'commit',
      },
      some: { kind: 'llm', each: { files: 'a' }, when: 'item.path', prompt: 'x', min_success: 2 },
    },
  });
});

test('all but the references of j.t is text, whatever braces and dollar signs it has', () => {
  const awkward = fc.stringMatching(/^([ab \n$%"'-]|\{|\}|\{\{|\{%|%\}|raw|endraw|\{% endraw %\}|\{%- raw -%\})*$/);
  const value = fc.stringMatching(/^[\w{}%$ ]*$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(awkward, value, awkward), { minLength: 1, maxLength: 4 }), (parts) => {
      const vars = Object.fromEntries(parts.map(([, known], at) => [`v${at}`, known]));
      let text = '';
      defineJob({ vars }, (j) => {
        const all = parts.map(([before, , nested], at) => j.t`${before}${j.vars[`v${at}`]!}${j.t`${nested}{`}`);
        text = all.reduce((whole, each) => j.t`${whole}$${each}`, j.t``).toString();
      });
      const expected = parts.map(([before, known, nested]) => `$${before}${known}${nested}{`).join('');
      expect(renderText(text, scope(vars))).toEqual({ ok: true, value: expected });
    }),
  );
});

test('any name of a field can be referred to, and any text compared with', () => {
  const vars = { 'a b': { '0': 'zero', 'it"s}}': ['first', 'last'] } };
  defineJob({ vars }, (j) => {
    const held = j.vars['a b'];
    const text = j.t`${held[0]} ${held['it"s}}'].last} ${j.expr`${held['it"s}}']} | size | plus: ${-1.5}`}`;
    expect(renderText(text.toString(), scope(vars))).toEqual({ ok: true, value: 'zero last 0.5' });
    const same = j.expr`${'{% "}}\\\n'} | append: ${'!'}`;
    expect(renderText(j.t`${same}`.toString(), scope(vars))).toEqual({ ok: true, value: '{% "}}\\\n!' });
  });
});

describe('what cannot be meant throws when the job is defined, and names the field', () => {
  type Build = NonNullable<Parameters<typeof defineJob>[1]>;
  let far!: StepHandle<string>;
  defineJob({}, (j) => void (far = j.shell('far', { run: 'x' })));

  test.each<[string, Build, RegExp]>([
    [
      'two steps of one name',
      (j) => [j.shell('a', { run: 'x' }), j.llm('a', { prompt: 'x' })],
      /^steps\.a: a second step .* first is of kind shell, the second of kind llm/,
    ],
    [
      'a reference of another job',
      (j) => j.shell('a', { run: far.output }),
      /^steps\.a\.run: steps\.far\.output is of another job/,
    ],
    [
      'one inside a text',
      (j) => j.shell('a', { run: j.t`x ${far.output}` }),
      /^steps\.a\.run: steps\.far\.output is of another job/,
    ],
    ['one as an output', () => far.output, /^outputs: steps\.far\.output is of another job/],
    [
      'a step of another job',
      (j) => j.shell('a', { run: 'x', needs: [far] }),
      /^steps\.a\.needs\[0\]: step far is of another job/,
    ],
    [
      'a function without an item',
      (j) => j.shell('a', { run: () => 'x' }),
      /^steps\.a\.run: a function is called with the item/,
    ],
    [
      'an item of another step',
      (j) => {
        let kept: unknown;
        j.shell('a', { each: ['x'], run: (item) => (kept = item) as never });
        return j.shell('b', { each: ['x'], run: j.t`echo ${kept as never}` });
      },
      /^steps\.b\.run: item belongs to step a/,
    ],
    [
      'a comparison outside of j.expr',
      (j) => ((j.task as never) > 3 ? 1 : 2),
      /^task is not known before the job runs: it cannot be computed with/,
    ],
    ['a reference spread', (j) => ({ ...j.run }), /^run is not known .* spread/],
    [
      'a step in a text',
      (j) => j.t`${j.shell('a', { run: 'x' }) as never}`,
      /^j\.t: expected a reference such as a\.output/,
    ],
    [
      'a date',
      (j) => j.shell('a', { run: 'x', env: { AT: new Date(0) as never } }),
      /^steps\.a\.env\.AT: expected a value that JSON can carry, got a Date/,
    ],
    [
      'not a number',
      (j) => j.shell('a', { run: 'x', timeoutS: Number.NaN }),
      /^steps\.a\.timeoutS: expected a value that JSON can carry, got NaN/,
    ],
    [
      'a schema that code alone can check',
      (j) => j.llm('a', { prompt: 'x', schema: z.string().transform(Number) }),
      /^steps\.a\.schema: expected a schema that JSON Schema/,
    ],
    ['an async function', async () => null, /function that is not async/],
  ])('%s', (_, build, message) => {
    expect(() => defineJob({}, build)).toThrow(
      expect.objectContaining({ code: 'spec', message: expect.stringMatching(message) }),
    );
  });

  test('a step after the job is defined', () => {
    let late: (() => unknown) | undefined;
    defineJob({}, (j) => void (late = () => j.shell('a', { run: 'x' })));
    expect(() => late?.()).toThrow(/^steps\.a: the job is defined already/);
  });
});

test('of a text only what would be a tag is marked as raw, as a person would', () => {
  defineJob({}, (j) => {
    const text = j.t`{"a": {"b": ${j.task}}} and {{ c }} of $${j.task} now`;
    expect(text.toString()).toBe('{"a": {"b": {{ task }}}} and {% raw %}{{ c }} of ${% endraw %}{{ task }} now');
  });
});

test('a job is data: it carries what YAML would, and where its outputs are', () => {
  const job = defineJob({ project: 'p' }, (j) => {
    const a = j.shell('a', { run: 'x' });
    return { whole: a, part: a.files[0]!.path, said: j.t`${a.stderr}!`, list: [1, null] };
  });
  expect(JSON.parse(JSON.stringify(job))).toEqual({
    spec: { project: 'p', steps: { a: { kind: 'shell', run: 'x' } } },
    outputs: {
      fields: {
        whole: { path: ['steps', 'a', 'output'] },
        part: { path: ['steps', 'a', 'files', '0', 'path'] },
        said: { template: '{{ steps.a.stderr }}!' },
        list: { list: [{ value: 1 }, { value: null }] },
      },
    },
  });
  expect(stepsOf(defineJob({ pipeline: 'software' }))).toBeUndefined();
  expect(stepsOf(defineJob({}, () => null))).toEqual({});
});

const shell = { each: [1], run: 'x' } as const;

function place(yaml: string): string {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'docs'));
  writeFileSync(join(cwd, 'docs', 'a.md'), 'A');
  writeFileSync(join(cwd, 'code.mjs'), 'export default () => 1;');
  writeFileSync(join(cwd, 'job.yaml'), yaml);
  return cwd;
}

const scope = (vars: object) => ({
  vars: vars as never,
  steps: {},
  run: { id: 'job_0', dir: '/r', outputs: '/o' },
  job: { dir: '/j' },
  now: '2026-01-01T00:00:00.000Z',
});
