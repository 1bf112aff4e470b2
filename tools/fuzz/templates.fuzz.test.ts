import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json, StepScope } from '../../packages/contracts/src/index.ts';
import { evaluateCondition, renderStep, renderText } from '../../packages/spec/src/index.ts';
import { fuzzRuns, fuzzTimeout } from '../../packages/spec/src/testing/fuzz.ts';

const tags = [
  '{{ ',
  ' }}',
  '{%- ',
  ' -%}',
  '{% if ',
  '{% endif %}',
  '{% for i in ',
  '{% endfor %}',
  '{% raw %}',
  '{% # ',
];
const reads = [
  'vars.v',
  'vars["w"]',
  'item',
  'item.key',
  'steps.a.output',
  'steps.a.files',
  'run.dir',
  'now',
  'i',
  '-1',
];
const filters = ['upcase', 'join: ","', 'split: ""', 'date: "%s"', 'json', 'slice: 1, 9', 'times: 1e9', 'where: "a"'];
const words = [
  ' | ',
  ' == ',
  ' contains ',
  ' and ',
  '"',
  "'",
  '(1..9)',
  '[0]',
  '.size',
  '\n',
  '\\',
  'x',
  '1',
  ' ',
  ':',
];
const piece = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...tags, ...reads, ...filters, ...words) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);
const template = fc.array(piece, { maxLength: 16 }).map((parts) => parts.join(''));

/** What a model, a file or a person may say: also templates, and what means something to a shell. */
const hostile = ['{{ 7 | times: 6 }}', '{% raw %}', '$(id)', '`id`', '"; id #', "'", '$ORCH_V1', '\n', '--', '*', '\\'];
const value = fc
  .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' })), { maxLength: 6 })
  .map((parts) => parts.join(''));
const json: fc.Arbitrary<Json> = fc.oneof(value, fc.jsonValue() as fc.Arbitrary<Json>);

test(
  'no template makes the renderer throw, whatever the values are',
  () => {
    fc.assert(
      fc.property(template, json, json, (text, v, item) => {
        const scope = scopeOf(v, item);
        const step = { id: 'x', kind: 'shell', fields: { run: text, stdin: text } };
        for (const result of [renderText(text, scope), renderStep(step, scope), evaluateCondition(text, scope)]) {
          if (!result.ok) expect(result.error.code, result.error.message).toBe('template');
        }
      }),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

test(
  'a value is never read as a template, and never stands in a shell line',
  () => {
    fc.assert(
      fc.property(
        fc.array(
          value.filter((text) => !text.includes('\0')),
          { minLength: 1, maxLength: 4 },
        ),
        (values) => {
          const scope = { ...scopeOf(null, null), vars: { list: values } };
          const fields = { run: `a ${outputs(values, ' b ')} c`, stdin: `a ${outputs(values, ' b ')} c` };
          const rendered = renderStep({ id: 'x', kind: 'shell', fields }, scope);
          const names = values.map((_, at) => `ORCH_V${at + 1}`);
          expect(rendered).toEqual({
            ok: true,
            value: {
              run: `a ${names.map((name) => `"$${name}"`).join(' b ')} c`,
              stdin: `a ${values.join(' b ')} c`,
              env: Object.fromEntries(names.map((name, at) => [name, values[at]])),
            },
          });
        },
      ),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

function outputs(values: readonly string[], between: string): string {
  return values.map((_, at) => `{{ vars.list[${at}] }}`).join(between);
}

function scopeOf(v: Json, item: Json): StepScope {
  const a = { status: 'succeeded', output: v, files: [], items: [] } as unknown as StepScope['steps'][string];
  return {
    ...{ task: 'task', vars: { v, w: item }, steps: { a }, item, now: '2026-01-02T03:04:05.678Z' },
    ...{ run: { id: 'job_0123456789ab', dir: '/r', outputs: '/r/o' }, job: { dir: '/j' } },
  };
}
