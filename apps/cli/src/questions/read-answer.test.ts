import { expect, test } from 'vitest';
import { readAnswer } from './read-answer.ts';

test.each([
  ['yes', { granted: true }],
  ['Y', { granted: true }],
  [' No ', { granted: false }],
  ['n', { granted: false }],
  ['not now', { granted: true, answer: 'not now' }],
  ['yes, but later', { granted: true, answer: 'yes, but later' }],
])('without options, %j means %j', (text, given) => {
  expect(readAnswer(text, undefined)).toEqual(given);
});

test('options are taken literally', () => {
  expect(readAnswer('no', ['yes', 'no'])).toEqual({ granted: true, answer: 'no' });
});
