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
    ['with brackets, slashes and commas in a string', '{"a": "http://x, ] //"}', { a: 'http://x, ] //' }],
    ['behind a bracket and a quote of the prose', 'Use [" to begin. {"a": 1}', { a: 1 }],
    ['behind a smaller thing that is no JSON', 'Not {"a": \'x\'} but {"title": "y"}', { title: 'y' }],
    [
      'with every kind of value',
      '{"a": [true, false, null, -1.5e+3, "\\u00e4\\n"]}',
      { a: [true, false, null, -1500, 'ä\n'] },
    ],
    ['empty', '[]', []],
    ['with commas before its closing brackets', '[{"a": [1, 2,], "b": ",]",\n}, {} ,]', [{ a: [1, 2], b: ',]' }, {}]],
    ['behind the thoughts of a model', '<think>{"a": 0, "long": "draft"}</think>\n{"a": 1}', { a: 1 }],
    ['with half a surrogate pair, which becomes U+FFFD', String.raw`{"a": "\ud83d"}`, { a: '\ufffd' }],
  ])('%s', (_, text, value) => {
    expect(parseJson(text)).toEqual({ ok: true, value });
  });

  test('a type or an example in another notation hides no answer beside it', () => {
    const text = 'As {title: string, verdict: "pass" | "fail", notes: string[]}:\n{"title": "a", "verdict": "pass"}';
    expect(parseJson(text, note)).toEqual({ ok: true, value: { title: 'a', verdict: 'pass' } });
    expect(failure('{title: "Tea", author: {"title": "Bo", "verdict": "pass"}}', note).code).toBe('bad_answer');
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
    [
      '[1 2]',
      /^Expected JSON in the answer, got "\[1 2\]": in line 1, column 4, JSON wants "," or "\]", there is "2\]"\.$/,
    ],
    ['['.repeat(9_999) + ']'.repeat(9_999), /JSON wants at most 500 brackets inside each other, there is "\[{20}…"\.$/],
    ['{"a": ["b"', /: in line 1, column 11, JSON wants "," or "]", there is its end\.$/],
    [
      '<think>\n</think>\nHere:\n {"a": 1,,}',
      /: in line 4, column 10, JSON wants a key in double quotes, there is ",}"\.$/,
    ],
    ['{"a": 1, // the first\n"b": 2}', /column 10, JSON wants a key in double quotes, there is "\/\/ the first\\n/],
    ['{"a": "one\ntwo"}', /column 11, JSON wants an escaped control character in a string/],
    ['[,]', /column 2, JSON wants a value, there is ",\]"/],
    ['{title: "Tea", tags: ["a", "b"]}', /column 2, JSON wants a key in double quotes, there is "title: /],
    ["{'title': 'Tea', 'more': {\"x\": 1}}", /column 2, JSON wants a key in double quotes/],
    ['{\n// the tags\n"tags": ["a"], "n": 1}', /line 2, column 1, JSON wants a key in double quotes/],
    ['{,"t":[1],"s":"x"}', /column 2, JSON wants a key in double quotes/],
    ['[\'a\', {"x": 1}]', /column 2, JSON wants a value/],
    ["{'a': 1}", /column 2, JSON wants a key in double quotes, there is "'a': 1}"/],
    ['{"a": 01}', /column 7, JSON wants a value, there is "01}"/],
    ['{"a": "\\x"}', /column 8, JSON wants an escape that JSON knows/],
    ['{"a": [1}', /column 9, JSON wants "," or "]", there is "}"/],
    ['{"a": [{"b": 1}, {"b": 2}, {"b"', /column 32, JSON wants ":", there is its end/],
    ['{"items": [{"a": 1}, oops, {"a": 2}]}', /column 22, JSON wants a value, there is "oops/],
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
    (json: string) => `<think>{"a": 1}</think>\n${F}\n${json.replaceAll('\n', '\r\n')}\n${F}`,
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

test('no beginning of an answer is taken for the answer', () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(objects, fc.nat(), (json, at) => {
      const cut = json.slice(0, at % json.length);
      expect(parseJson(cut, { type: 'object' }).ok).toBe(false);
    }),
  );
});
