import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { cacheKey } from './cache-key.ts';

const json = fc
  .jsonValue({ stringUnit: 'binary', maxDepth: 5 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

test('the test vector of the public format comes out', () => {
  const preimage = {
    step: 'architect',
    provider: { opts: { temperature: 0.1 }, name: 'ollama', model: 'llama3' },
    code_version: 'abc123',
    inputs: { task: 'build notes app' },
  };
  expect(cacheKey(preimage)).toBe('9a94c3f8b6126e169373f9407b8208c6a8c03effa432098aad5854805c4faa2a');
});

test('the text is ASCII and gives the value back, so that different values have different texts', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = canonicalJson(value);
      expect(text).toMatch(/^[\0-\x7f]*$/);
      expect(JSON.parse(text)).toEqual(value);
    }),
  );
});

test('the order in which keys were set makes no difference', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
    }),
  );
});

function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, turned(member)] as const);
  return Object.fromEntries(entries.reverse());
}

test.each<[unknown, string]>([
  [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
  [{ 9: 1, 10: 2 }, '{"10":2,"9":1}'],
  [{ '\ufffd': 1, '😀': 2 }, '{"\\ud83d\\ude00":2,"\\ufffd":1}'],
  ['é\u2028"\\\n\u0001\x7f', '"\\u00e9\\u2028\\"\\\\\\n\\u0001\x7f"'],
  [[-0, 1e21, 1e-7, 0.1 + 0.2], '[0,1e+21,1e-7,0.30000000000000004]'],
  [Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
])('%j is written by the letter of the format', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

const cycle: unknown[] = [];
cycle.push({ cycle });

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['undefined', { a: undefined }],
  ['undefined', new Array(1)],
  ['NaN', [NaN]],
  ['-Infinity', -Infinity],
  ['a bigint', 1n],
  ['a function', { toJSON: () => 1 }],
  ['a symbol', Symbol('s')],
  ['a lone surrogate', { a: 'é\ud800' }],
  ['a lone surrogate', { '\udc00': 1 }],
  ['class Date', new Date(0)],
  ['class Map', new Map()],
  ['a cycle', cycle],
])('what JSON would change or cannot carry is refused: %s', (what, value) => {
  expect(() => canonicalJson(value)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining(what) }),
  );
});

test('a value as deep as allowed is written', () => {
  const deep = '['.repeat(1_000) + ']'.repeat(1_000);
  expect(hash('sha256', canonicalJson(JSON.parse(deep)))).toBe(hash('sha256', deep));
  expect(() => canonicalJson(JSON.parse(`[${deep}]`))).toThrow('1000 levels');
});
