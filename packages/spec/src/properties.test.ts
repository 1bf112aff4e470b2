import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadJob } from './compile-job.ts';
import { contextIn } from './testing/compiled.ts';
import { fuzzRuns, fuzzTimeout } from './testing/fuzz.ts';
import { jobSchema } from './job-schema.ts';
import { parseJob } from './parse-job.ts';

const context = contextIn('/nowhere/x', { digest: (plan) => sortedJson(plan) });

const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

const pieces = [
  ...['when', 'assert', 'that', 'repeat_until', 'accept', 'defaults', 'pipeline', 'use', 'spec', 'from', 'secret'],
  ...['steps', 'a', 'b', 'run', 'prompt', 'each', 'needs', 'vars', 'schema', 'write', 'env', 'kind', 'llm', 'x'],
  ...[
    ':',
    ': ',
    '\n',
    '\n  ',
    '\n    ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&a',
    '*a',
    '#',
    '!t',
    '<<',
  ],
  ...[
    '{{ ',
    ' }}',
    '{% ',
    ' %}',
    'if ',
    'for i in ',
    'endif',
    'endfor',
    'steps.a.output',
    'item',
    '|',
    'upcase',
    '${',
    '\\',
  ],
  ...[
    '\0',
    '\uD800',
    '\u2028',
    '\t',
    '\r\n',
    '1e999',
    '.nan',
    '~',
    'null',
    '%YAML 1.1\n---\n',
    '__proto__',
    'constructor',
  ],
];
const jobLike = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''));
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  jobLike,
  jobLike.map((text) => `steps:\n  a:\n    run: ${text}`),
);

test(
  'any text gives a job or errors with places inside it',
  async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(typeof parseJob(text, { file: 'job.yaml' }).ok).toBe('boolean');
        const job = await loadJob(text, context);
        if (job.ok) return;
        const lines = text.split('\n');
        expect(job.error.length).toBeGreaterThan(0);
        for (const { line, column } of job.error) {
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
        }
      }),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

const templateFields = ['run', 'prompt', 'each', 'when'] as const;

test(
  'any text as a template or condition gives a job or errors',
  async () => {
    const template = fc.oneof(fc.string(), jobLike);
    await fc.assert(
      fc.asyncProperty(template, fc.constantFrom(...templateFields), async (text, field) => {
        const step = field === 'run' || field === 'prompt' ? { [field]: text } : { run: 'ls', [field]: text };
        expect(typeof (await loadJob(JSON.stringify({ steps: { a: step } }), context)).ok).toBe('boolean');
      }),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

const words = fc.stringMatching(/^[a-z "':#]{0,8}$/);
const flow = {
  retry: fc.nat(5),
  timeout_s: fc.integer({ min: 1, max: 9 }),
  when: fc.constantFrom('vars.v > 1', '{{ vars.v }}', true),
  on_failure: fc.constantFrom('abort', 'skip_dependents', 'continue'),
  assert: fc.constantFrom({ that: 'output' }, [{ that: 'output contains "x"', message: 'No {{ output }}' }]),
  repeat_until: fc.record(
    { that: fc.constant('round > 1'), max: fc.integer({ min: 1, max: 9 }) },
    { requiredKeys: ['that'] },
  ),
  each: fc.oneof(fc.constant('{{ vars.v }}'), fc.array(words), fc.constant({ files: '*.md', key: '{{ item.name }}' })),
  cache: fc.constantFrom('auto', 'off'),
  writes: fc.array(fc.constantFrom('a/*', '{{ vars.v }}.md')),
};
type Fields = Record<string, fc.Arbitrary<unknown>>;
const stepWith = (always: Fields, more: Fields) =>
  fc.record<Record<string, unknown>>({ ...always, ...more, ...flow }, { requiredKeys: Object.keys(always) });
const step = fc.oneof(
  stepWith(
    { prompt: fc.constant('Hello {{ vars.v }}') },
    {
      system: words,
      provider: fc.constantFrom('echo', 'ollama:m', { name: 'ollama', model: 'm' }),
      repair: fc.constant({ rounds: 2 }),
    },
  ),
  stepWith(
    { run: fc.constant('ls {{ vars.v }}') },
    { env: fc.dictionary(fc.constantFrom('A', 'B'), fc.oneof(words, fc.constant({ secret: 'S' }))) },
  ),
  stepWith(
    { write: fc.dictionary(fc.constantFrom('a.md', 'b.md'), words, { minKeys: 1 }) },
    { publish: fc.constantFrom(['a.md'], { 'b/': 'a/**' }) },
  ),
  stepWith({ question: fc.constant('Go on?') }, { options: fc.constant(['yes', 'no']), expires_s: fc.constant(3) }),
);
/** Steps by id; each may need those before it. */
const steps = fc
  .array(fc.tuple(step, fc.array(fc.nat(), { maxLength: 3 })), { minLength: 1, maxLength: 6 })
  .map((list) =>
    list.map(([fields, picks], index) => ({
      id: `s${index}`,
      ...fields,
      needs: index === 0 ? [] : picks.map((pick) => `s${pick % index}`),
    })),
  );

async function hashOf(job: object | string): Promise<string> {
  const loaded = await loadJob(typeof job === 'string' ? job : JSON.stringify(job), context);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value.planHash;
}

const byId = (list: readonly { id: string }[]) => Object.fromEntries(list.map(({ id, ...fields }) => [id, fields]));

test(
  'the map form and the list form of the same steps give the same plan',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const vars = { v: 1 };
        expect(await hashOf({ vars, steps: byId(list) })).toBe(await hashOf({ vars, steps: list }));
      }),
      { ...fuzzRuns, numRuns: Math.ceil(fuzzRuns.numRuns / 6) },
    );
  },
  fuzzTimeout,
);

test(
  'the order of keys does not change what is hashed',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), async (list, ranks) => {
        const shuffled = (value: object): object => {
          const entries = Object.entries(value).map(
            ([key, inner]: [string, unknown]) => [ranks.next().value, key, reordered(inner)] as const,
          );
          return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, key, inner]) => [key, inner]));
        };
        const reordered = (value: unknown): unknown =>
          typeof value === 'object' && value !== null && !Array.isArray(value) ? shuffled(value) : value;
        const job = { vars: { v: 1, w: 2 }, provider: { name: 'echo', model: 'm' }, steps: byId(list) };
        expect(await hashOf(shuffled(job))).toBe(await hashOf(job));
      }),
      { ...fuzzRuns, numRuns: Math.ceil(fuzzRuns.numRuns / 6) },
    );
  },
  fuzzTimeout,
);

const layouts = fc.record({
  collectionStyle: fc.constantFrom('block' as const, 'flow' as const, 'any' as const),
  defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
  defaultKeyType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const),
  indent: fc.integer({ min: 2, max: 4 }),
  lineWidth: fc.constantFrom(0, 30, 80),
});

test(
  'a job in YAML, however it is laid out, and in JSON gives the same plan',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, layouts, async (list, layout) => {
        const job = { vars: { v: 1 }, defaults: { on_lost: 'ask' }, secrets: ['T'], steps: byId(list) };
        expect(await hashOf(stringify(job, { ...layout, version: '1.2' }))).toBe(await hashOf(job));
      }),
      { ...fuzzRuns, numRuns: Math.ceil(fuzzRuns.numRuns / 6) },
    );
  },
  fuzzTimeout,
);

test(
  'what compiles fits the schema',
  async () => {
    const validate = new Ajv2020().compile(jobSchema());
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const job = { vars: { v: 1 }, steps: byId(list) };
        await hashOf(job);
        expect(validate(job), JSON.stringify(validate.errors)).toBe(true);
      }),
      { ...fuzzRuns, numRuns: Math.ceil(fuzzRuns.numRuns / 6) },
    );
  },
  fuzzTimeout,
);
