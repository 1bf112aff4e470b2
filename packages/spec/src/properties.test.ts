import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadJob } from './compile-job.ts';
import type { CompileContext } from './compile-job.ts';
import { parseJob } from './parse-job.ts';

const context: CompileContext & { file: string } = {
  file: 'job.yaml',
  jobDir: '/nowhere/x',
  readFile: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' })),
  digest: (plan) => sortedJson(plan),
};

const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

const seeded = { seed: 20261120, numRuns: 300 };

const pieces = [
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

test('any text gives a job or errors with places inside it', async () => {
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
    seeded,
  );
});

test('any text as a template gives a job or errors', async () => {
  const template = fc.oneof(fc.string(), jobLike);
  await fc.assert(
    fc.asyncProperty(template, fc.constantFrom('run', 'prompt', 'each'), async (text, field) => {
      const step = field === 'each' ? { run: 'ls', each: text } : { [field]: text };
      expect(typeof (await loadJob(JSON.stringify({ steps: { a: step } }), context)).ok).toBe('boolean');
    }),
    seeded,
  );
});

const words = fc.stringMatching(/^[a-z "':#]{0,8}$/);
const step = fc.oneof(
  fc.record(
    { prompt: fc.constant('Hello {{ vars.v }}'), system: words, retry: fc.nat(5) },
    { requiredKeys: ['prompt'] },
  ),
  fc.record({ run: fc.constant('ls {{ vars.v }}'), env: fc.dictionary(fc.constantFrom('A', 'B'), words) }),
  fc.record({
    write: fc.dictionary(fc.constantFrom('a.md', 'b.md'), words, { minKeys: 1 }),
    timeout_s: fc.constant(3),
  }),
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

async function hashOf(job: object): Promise<string> {
  const loaded = await loadJob(JSON.stringify(job), context);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value.planHash;
}

const byId = (list: readonly { id: string }[]) => Object.fromEntries(list.map(({ id, ...fields }) => [id, fields]));

test('the map form and the list form of the same steps give the same plan', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const vars = { v: 1 };
      expect(await hashOf({ vars, steps: byId(list) })).toBe(await hashOf({ vars, steps: list }));
    }),
    { ...seeded, numRuns: 100 },
  );
});

test('the order of keys does not change what is hashed', async () => {
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
    { ...seeded, numRuns: 100 },
  );
});
