import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJunit } from './parse-junit.ts';

const passed = (name: string) => `<testcase name="${name}" classname="test"/>`;
const failed = (name: string, inner = '<failure message="no"/>') => `<testcase name="${name}">${inner}</testcase>`;
const read = (text: string) => {
  const results = parseJunit(text);
  if (!results.ok) throw results.error;
  return results.value;
};

test('only testcases count, at any depth, and never the sums of their suites', () => {
  const xml = `<?xml version="1.0"?><testsuites tests="99">
    ${passed('a')}
    <testsuite name="one" tests="50" failures="50">
      ${passed('b')}
      <testsuite name="two">${failed('c')}<testcase name="d"><skipped/></testcase></testsuite>
      ${failed('e', '<error message="boom"/>')}
    </testsuite>
  </testsuites>`;
  expect(read(xml)).toEqual({
    tests: 5,
    passed: 2,
    failed: 2,
    skipped: 1,
    failures: [
      { name: 'one > two > c', message: 'no' },
      { name: 'one > e', message: 'boom' },
    ],
  });
});

describe('a document is found', () => {
  test.each([
    ['between other output', `> npm test\n1 < 2 && go\n<testsuites>${passed('a')}</testsuites>\n</done> & <b>\n`, 1],
    ['without an outer element', `<testsuite name="a > b">${passed('a')}${passed('b')}</testsuite>`, 2],
    ['when it has no end tag', '<testsuites tests="0" />', 0],
    ['several times, and added up', `<testsuites>${passed('a')}</testsuites>\n`.repeat(3), 3],
    [
      'that quotes another',
      `<testsuites>${failed('a', '<failure><![CDATA[</testsuites>]]></failure>')}</testsuites>`,
      1,
    ],
    ['with the colours of a terminal', `<testsuites>${failed('\u001b[31ma\u0008')}</testsuites>`, 1],
  ])('%s', (_, text, tests) => {
    expect(read(text).tests).toBe(tests);
  });
});

test.each([
  ['there is none', 'all good', 'found none.'],
  ['it is cut off', `<testsuites>${passed('a')}`, 'found some that are cut off before their </testsuites>.'],
  ['it is no XML', '<testsuites><a></b></testsuites>', /not well-formed \(1:\d+: unexpected close tag\.\)/],
  ['a later one is cut off', `<testsuites/><testsuites>${passed('a')}`, /cut off/],
])('results are refused when %s', (_, text, message) => {
  const results = parseJunit(text);
  expect(results).toMatchObject({
    ok: false,
    error: { code: 'gate_error', message: expect.stringMatching(message) as string },
  });
});

test('the text of a failure stands in when it has no message', () => {
  const xml = `<testsuites>${failed('a', '<failure>\n expected 1 &lt; 0 <![CDATA[& more]]>\n</failure>')}</testsuites>`;
  expect(read(xml).failures).toEqual([{ name: 'a', message: 'expected 1 < 0 & more' }]);
});

test('a long list of long failures is cut, its number is not', () => {
  const inner = `<failure message="${'m'.repeat(5_000)}"/>`;
  const many = Array.from({ length: 500 }, () => failed('n'.repeat(5_000), inner));
  const results = read(`<testsuites>${many.join('')}</testsuites>`);
  expect(results.failed).toBe(500);
  expect(JSON.stringify(results).length).toBeLessThan(32_000);
});

test('no text makes it throw', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '<testsuites>',
      '</testsuites>',
      '<testsuite name="a">',
      '<testcase name="x">',
      '</testcase>',
      '<failure/>',
    ),
    fc.string({ unit: 'binary-ascii' }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => typeof parseJunit(pieces.join('')).ok === 'boolean'),
  );
});

// Quadratic work would take minutes here: the time limit of the test ends it.
test('a long text of open documents is read in linear time', () => {
  expect(typeof parseJunit('<testsuites> '.repeat(80_000))).toBe('object');
});
