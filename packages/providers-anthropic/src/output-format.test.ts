import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import type { JsonObject } from '@orch/contracts';
import { expect, test } from 'vitest';
import { toOutputFormat } from './output-format.ts';

const text = { type: 'string' };
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });

const enforceable: Record<string, JsonObject> = {
  'a closed object': object({ a: text }, { required: ['a'], additionalProperties: false }),
  'an object that nobody opened': object({ a: text }),
  'an object without anything': object({}, { additionalProperties: false }),
  'limits, which are told': object({
    a: { type: 'string', minLength: 2, pattern: '^a', description: 'A name.' },
    b: { type: 'number', minimum: 0, maximum: 1 },
    c: { type: 'array', items: text, uniqueItems: true },
  }),
  'formats, of which some are told': object({
    a: { type: 'string', format: 'date-time' },
    b: { type: 'string', format: 'semver' },
  }),
  'lists that may not be empty': object({ a: { type: 'array', items: object({ b: text }), minItems: 1 } }),
  literals: object({ a: { type: 'string', enum: ['x', 'y'] }, b: { const: 1, title: 'One' } }),
  variants: object({ a: { anyOf: [text, { type: 'null' }] }, b: { oneOf: [text, object({ c: text })] } }),
  'several types': object({ a: { type: ['string', 'null'] } }),
  definitions: object({ a: { $ref: '#/$defs/b' } }, { $defs: { b: object({ c: text }) } }),
  'a dialect': object({ a: text }, { $schema: 'https://json-schema.org/draft/2020-12/schema' }),
};

test.each(Object.entries(enforceable))('%s: adapted as the official client does', (_, schema) => {
  const { schema: theirs } = jsonSchemaOutputFormat(schema as Parameters<typeof jsonSchemaOutputFormat>[0]);
  expect(toOutputFormat(schema)).toEqual({ type: 'json_schema', schema: theirs });
});

const other: Record<string, JsonObject> = {
  'a list': { type: 'array', items: text },
  'any object': { type: 'object' },
  'an open object': object({ a: text }, { additionalProperties: true }),
  'a map': object({ a: { type: 'object', additionalProperties: text } }),
  'names by a pattern': object({ a: text }, { patternProperties: { '^x': text } }),
  'a name that is needed and unknown': object({ a: text }, { required: ['b'] }),
  'a part without a type': object({ a: {} }),
  'a part that may be anything': object({ a: true }),
  'a list of anything': object({ a: { type: 'array' } }),
  'a type among which is an object': object({ a: { type: ['object', 'null'], properties: { b: text } } }),
  'variants of an open object': object({ a: { anyOf: [text, { type: 'object' }] } }),
  'variants beside properties': object({ a: { anyOf: [text], properties: { b: text } } }),
  'all of several': object({ a: { allOf: [object({ b: text }), object({ c: text })] } }),
  'a definition that holds itself': object(
    { a: { $ref: '#/$defs/node' } },
    { $defs: { node: object({ next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } }) } },
  ),
  'the schema inside itself': object({ a: { $ref: '#' } }),
  'a definition that is not there': object({ a: { $ref: '#/$defs/b' } }),
  'a schema from elsewhere': object({ a: { $ref: 'https://example.org/a.json' } }),
  'a definition that is open': object({ a: { $ref: '#/$defs/b' } }, { $defs: { b: { type: 'object' } } }),
};

test.each(Object.entries(other))('%s: nothing that can be enforced', (_, schema) => {
  expect(toOutputFormat(schema)).toBeUndefined();
});

test('definitions under their older name are adapted too', () => {
  const definitions = { b: object({ c: text }) };
  expect(toOutputFormat(object({ a: { $ref: '#/definitions/b' } }, { definitions }))?.['schema']).toEqual({
    ...object({ a: { $ref: '#/definitions/b' } }, { additionalProperties: false }),
    definitions: { b: object({ c: text }, { additionalProperties: false }) },
  });
});
