import type { Json, JsonObject } from '@orch/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';
import { scanJson } from './scan-json.ts';
import { fuzzRuns, fuzzTimeout } from './testing/fuzz.ts';
import { damaged, textOf } from './testing/text-of.ts';

const schema: JsonObject = { type: 'object', properties: { a: { type: 'number' } } };
const marks = ['{', '}', '[', ']', '"', ',', ':', '\\', '\n', '\t', ' ', '//', '/*', '```', '```json\n', '<think>'];
const values = ['true', 'null', '0', '1.5', '-2e9', '"a"', '"a":', '{"a":1}', '[1]', '\\u', '\\"', '\ud800', '\0'];
const pieces = [...marks, ...values];
const samples = [
  'Here:\n{\n"a": 1,\n"b": [\n1,\n"x\\n"\n]\n}\nDone.\n',
  '```json\n[\n{"a":\n1},\n{}\n]\n```\n{"b": null}\n',
];
const text = fc.oneof(textOf(...pieces), damaged(samples, ...pieces));

test(
  'no text makes it throw, and what it gives can be written as JSON',
  () => {
    fc.assert(
      fc.property(text, (answer) => {
        for (const result of [parseJson(answer), parseJson(answer, schema)]) {
          if (!result.ok) expect(result.error.code).toMatch(/^(?:bad_answer|schema_mismatch)$/);
          else expect(JSON.stringify(result.value).isWellFormed()).toBe(true);
        }
      }),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

test(
  'a value is whole exactly where JSON.parse takes it, but for commas before closing brackets',
  () => {
    const bracketed = fc.oneof(text, fc.json()).map((inside) => `[${inside}`);
    fc.assert(
      fc.property(bracketed, (json) => {
        const { end, fault, extraCommas } = scanJson(json, 0);
        const strict = json
          .split('')
          .filter((_, at) => !extraCommas.includes(at))
          .join('');
        const parsed = valueOf(fault === undefined ? strict.slice(0, end - extraCommas.length) : json);
        expect(parsed === undefined).toBe(fault !== undefined);
      }),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

test(
  'commas before closing brackets change nothing',
  () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = [value] as Json;
        expect(parseJson(withCommas(json))).toEqual(parseJson(JSON.stringify(json)));
      }),
      fuzzRuns,
    );
  },
  fuzzTimeout,
);

function withCommas(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one) => `${withCommas(one as Json)} ,\n`).join('')}]`;
  return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}:${withCommas(one)},`).join('')}}`; // prettier-ignore
}

function valueOf(json: string): Json | undefined {
  try {
    return JSON.parse(json) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

// Quadratic work would take minutes here: the time limit of the test ends it.
test.each([
  ['open brackets', '['.repeat(1_000_000)],
  ['open objects', '{"a":'.repeat(200_000)],
  ['open comments', '[/*'.repeat(300_000)],
  ['open names', '{a:'.repeat(300_000)],
  ['small names', '{a:1} '.repeat(150_000)],
  ['quotes', '["'.repeat(500_000)],
  ['escapes', '{"a":"' + '\\\\'.repeat(500_000)],
  ['a long string', `{"a":"${'b'.repeat(1_000_000)}`],
  ['digits', `{"a":${'1'.repeat(1_000_000)}x`],
  ['nested brackets', '['.repeat(500_000) + ']'.repeat(500_000)],
  ['small values', '[1] '.repeat(250_000)],
  ['small broken values', '{"a":1,} '.repeat(100_000)],
  ['commas', '[' + '1, '.repeat(300_000) + ']'],
])('%s: a long text is read in linear time', (_, answer) => {
  expect(typeof parseJson(answer, schema).ok).toBe('boolean');
});
