import fc from 'fast-check';
import type { Json, JsonObject } from '@orch/contracts';
import { describe, expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

const F = '```';
const note: JsonObject = {
  type: 'object',
  required: ['title', 'verdict'],
  additionalProperties: false,
  properties: { title: { type: 'string' }, verdict: { enum: ['pass', 'fail'] } },
};
const failure = (text: string, schema?: JsonObject) => {
  const result = parseJson(text, schema);
  if (result.ok) throw new Error(`expected an error, got ${JSON.stringify(result.value)}`);
  return result.error;
};

describe('JSON is found', () => {
  test.each<[string, string, Json]>([
    ['bare', ' {"a": [1, null]} ', { a: [1, null] }],
    ['as a string', '"a"', 'a'],
    ['as a number in a fence', `${F}json\n42\n${F}`, 42],
    ['in a fence with prose around', `Here you are:\n\n${F}json\n{"a": 1}\n${F}\nAnything else?`, { a: 1 }],
    ['in prose with brackets of its own', 'See [1] and {x}: {"a": "}"} as [asked].', { a: '}' }],
    ['with commas too many', '{"a": [1, 2,], }', { a: [1, 2] }],
    ['with comments', '{\n// a "quoted" remark ]\n"a": 1, /* } */\n// last\n}', { a: 1 }],
    ['with raw line ends in a string', '{"a": "one\n\ttwo"}', { a: 'one\n\ttwo' }],
    ['with slashes and commas in a string', '{"a": "http://x, ] //"}', { a: 'http://x, ] //' }],
    ['behind the thoughts of a model', '<think>{"a": 0, "long": "draft"}</think>\n{"a": 1}', { a: 1 }],
    ['with half a surrogate pair, which becomes U+FFFD', String.raw`{"a": "\ud83d"}`, { a: '\ufffd' }],
  ])('%s', (_, text, value) => {
    expect(parseJson(text)).toEqual({ ok: true, value });
  });

  test('the largest of several, or the one that fits the schema', () => {
    const text = '{"title": "a", "verdict": "pass"} and {"title": "a", "verdict": "none", "more": [1, 2, 3]}';
    expect(parseJson(text)).toMatchObject({ value: { verdict: 'none' } });
    expect(parseJson(text, note)).toEqual({ ok: true, value: { title: 'a', verdict: 'pass' } });
  });
});

describe('an answer is refused', () => {
  test.each([
    ['', 'Expected JSON in the answer, got nothing.'],
    ['I am sorry.', 'Expected JSON in the answer, got "I am sorry.".'],
    ['[1 2]', /^Expected JSON in the answer, got "\[1 2\]": .*position 3/],
    ['['.repeat(9_999) + ']'.repeat(9_999), /^Expected JSON in the answer, got "\[{80}…": it is nested too deeply\.$/],
    ['{"a": ["b"', /^Expected JSON in the answer, got ".*": .*position 10/],
  ])('as bad_answer when it holds no JSON: %.20s', (text, message) => {
    expect(failure(text)).toMatchObject({ code: 'bad_answer', message: expect.stringMatching(message) as string });
  });

  test('as schema_mismatch with every misfit', () => {
    expect(failure('{"title": 1, "verdict": "maybe", "x": 0}', note)).toMatchObject({
      code: 'schema_mismatch',
      message:
        'Expected JSON that fits the schema, got:\n' +
        '/: must NOT have additional properties ("x")\n' +
        '/title: must be string\n' +
        '/verdict: must be equal to one of the allowed values (["pass","fail"])',
      details: { misfits: { length: 3 } },
    });
  });

  test('with twenty misfits in words and all of them in details', () => {
    const error = failure(JSON.stringify(Array.from({ length: 30 }, () => 'x')), { items: { type: 'number' } });
    expect(error.message.split('\n')).toHaveLength(22);
    expect(error.message).toMatch(/and 10 more$/);
    expect(error.details).toMatchObject({ misfits: { length: 30 } });
  });

  test.each<[string, JsonObject]>([
    ['is malformed', { type: 'strin' }],
    ['refers to what is not there', { $ref: 'https://example.org/x.json' }],
    ['is asynchronous', { $async: true }],
  ])('as spec when the schema %s', (_, schema) => {
    expect(failure('{}', schema)).toMatchObject({ code: 'spec' });
  });
});

test('a schema is draft 2020-12, may carry unknown words and formats, and two may share an $id', () => {
  const tuple: JsonObject = { $id: 'https://example.org/t', prefixItems: [{ type: 'string', format: 'x' }], hint: 'h' };
  expect(parseJson('["a"]', tuple).ok).toBe(true);
  expect(parseJson('[1]', tuple).ok).toBe(false);
  expect(parseJson('[1]', { $id: 'https://example.org/t', type: 'array' }).ok).toBe(true);
});

test('a schema is compiled once for each object', () => {
  const schema: { type: string } = { type: 'array' };
  expect(parseJson('[]', schema).ok).toBe(true);
  schema.type = 'string';
  expect(parseJson('[]', schema).ok).toBe(true);
  expect(parseJson('[]', { ...schema }).ok).toBe(false);
});

test('any JSON comes back from any of the ways it is written', () => {
  const ways = [
    (json: string) => json,
    (json: string) => `${F}json\n${json}\n${F}`,
    (json: string) => `Sure! Here it is:\n\n${json}\n\nBye [1].`,
    (json: string) => json.replaceAll(/(?<=[\]"0-9])(?=[\]}]+$)/g, ',\n// done\n'),
  ];
  const container = fc.oneof(
    fc.array(fc.jsonValue(), { minLength: 3 }),
    fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
  );
  fc.assert(
    fc.property(container, fc.constantFrom(...ways), (value, way) => {
      const json = JSON.stringify(value, null, 2);
      expect(parseJson(way(json))).toEqual({ ok: true, value: JSON.parse(json) as Json });
    }),
  );
});

test('no text makes it throw', () => {
  const piece = fc.oneof(
    fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '//', '/*', '*/', '\\', '\n', 'true', '```'),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => typeof parseJson(pieces.join(''), note).ok === 'boolean'));
});

test.each([
  ['open brackets', '['.repeat(300_000)],
  ['open objects', '{"a":'.repeat(60_000)],
  ['open comments', '[/*'.repeat(100_000)],
  ['quotes', '["'.repeat(150_000)],
  ['nested brackets', '['.repeat(150_000) + ']'.repeat(150_000)],
  ['small values', '[1] '.repeat(75_000)],
  ['commas', '[' + ', '.repeat(150_000) + ']'],
])('%s: a long text is read in linear time', (_, text) => {
  const started = performance.now();
  parseJson(text, note);
  expect(performance.now() - started).toBeLessThan(2_000);
});
