import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonPieces } from './json-pieces.ts';

test('the pieces of any record join to its JSON', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (record) => {
      expect(JSON.parse([...jsonPieces(record)].join(''))).toEqual(JSON.parse(JSON.stringify(record)));
    }),
  );
});

test('no piece holds more than one member of a member, and each stands on a line of its own', () => {
  const record = { steps: { a: { status: 'succeeded' }, b: [1, { c: 2 }] }, absent: undefined, files: [], none: {} };
  expect([...jsonPieces(record)].join('')).toBe(`{
  "steps": {
    "a": {"status":"succeeded"},
    "b": [1,{"c":2}]
  },
  "files": [],
  "none": {}
}
`);
  const many = { steps: Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`s${at}`, { at }])) };
  expect(Math.max(...[...jsonPieces(many)].map((piece) => piece.length))).toBeLessThan(40);
});
