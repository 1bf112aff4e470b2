import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrchError } from '@orch/contracts';
import { checkCondition, conditionReads, evaluateCondition } from './condition.ts';
import type { ConditionScope } from './condition.ts';

const scope: ConditionScope = {
  task: 'notes',
  vars: { n: 3, zero: 0, empty: '', no: false, list: ['a', 'b'], said: 'a and b', hostile: 'n == 3 %}{{ task }}' },
  steps: {
    a: { status: 'failed', output: null, files: [], error: { code: 'timeout', message: 'late' } },
    b: { status: 'succeeded', output: { score: 2, tags: ['x'], verdict: 'pass', text: '' }, files: [] },
  },
  item: { size: 9 },
  run: { id: 'job_0', dir: '/runs/job_0', outputs: '/runs/job_0/outputs/p' },
  job: { dir: '/job' },
  now: '2026-01-02T03:04:05.000Z',
  output: 'yes',
  round: 2,
};

test.each([
  ['vars.n == 3', true],
  ['vars.n', true],
  ['vars.no', false],
  ['vars.nothing', false],
  ['vars.zero', true],
  ['vars.empty', true],
  ['vars.empty == empty', true],
  ['not vars.no', true],
  ['not vars.n == 3', false],
  ['vars.n > 2 and vars.n < 3', false],
  ['vars.n > 5 or vars.said == "a and b"', true],
  ['steps.b.output.tags contains "x"', true],
  ["steps.b.output.tags contains 'y' or not steps.b.output.tags contains 'z'", true],
  ['steps.a.status == "failed" and steps.a.error.code == "timeout" and steps.a.output == nil', true],
  ['steps.b.output.score | plus: 1 > 2', true],
  ['steps.b.output.score | plus: 1 > 3', false],
  ['3 <= steps.b.output.score | plus: 1', true],
  ['steps.b.output.score | plus: 1 == vars.n and vars.list | size == 2', true],
  ['vars.list | join: " and " == vars.said', true],
  ['vars.said | replace_first: "a", "x|y" | append: " > 3" == "x|y and b > 3"', true],
  ['vars.list[0] == "a" and vars.list.last == "b"', true],
  ['vars.list | first | upcase == "A"', true],
  ['(1..3) contains vars.n', true],
  ['vars.nope | default: "x" == "x"', true],
  ['item.size==9', true],
  ['output == "yes" and round >= 2', true],
  ['{{ vars.n == 3 }}', true],
  [' {{- vars.list | size == 3 -}} ', false],
  ['vars.hostile == 3', false],
  ['"{{" == "{{"', undefined],
  ['vars.n = 3', undefined],
  ['vars.n == 3 && true', undefined],
  ['', undefined],
  ['vars.n ==', undefined],
  ['vars.n | nope == 3', undefined],
])('%s is %s', (condition, value) => {
  const evaluated = evaluateCondition(condition, scope);
  if (value === undefined) expect(evaluated).toMatchObject({ ok: false, error: { code: 'template' } });
  else expect(evaluated).toEqual({ ok: true, value });
});

test('an error names the condition', () => {
  const message = (condition: string) => {
    const evaluated = evaluateCondition(condition, scope);
    return evaluated.ok ? '' : evaluated.error.message;
  };
  expect(message('vars.n = 3')).toBe('vars.n = 3: expected ==, got =');
  expect(message('vars.n | nope')).toMatch(/^vars\.n \| nope, line 1: undefined filter: nope/);
});

test('the error of a value that cannot be read passes as it is', () => {
  const steps = {
    get a(): never {
      throw new OrchError('corrupt_log', 'gone');
    },
  };
  expect(evaluateCondition('steps.a.output', { ...scope, steps })).toMatchObject({ error: { code: 'corrupt_log' } });
});

test.each([
  ['vars.n == 3 and steps.a.status', []],
  ['{{ vars.n == 3 }}', []],
  ['', [[0, 'expected a condition, got nothing']]],
  ['a == ', [[2, 'expected a value after ==']]],
  ['== a', [[0, 'expected a condition, got nothing']]],
  ['a and and b', [[2, 'expected a value after and']]],
  ['1 < a < 3', [[6, '< compares two values; join comparisons with and']]],
  ['a is b', [[2, 'expected an operator such as == or and before it']]],
  ['a not b', [[2, 'expected and or or before not']]],
  ['a || b', [[2, 'expected or, got ||']]],
  ['{{ a = b }}', [[5, 'expected ==, got =']]],
  ['{% if a %}', [[0, 'expected a condition without braces, such as steps.build.output.score > 3']]],
  ['a > {{ b }}', [[0, 'expected a condition without braces, such as steps.build.output.score > 3']]],
  ['a == 1 and b | upcse == "B"', [[15, 'no filter "upcse", did you mean "upcase"?']]],
  ["'now' | date: '%Y' == '2026'", [[0, expect.stringContaining('would read the clock')]]],
  ['${{ a }}', [[0, expect.any(String)]]],
] as [string, [number, unknown][]][])('of %j the check finds %j', (condition, found) => {
  const { findings } = checkCondition(condition);
  expect(findings.map(({ index, message }) => [index, message])).toEqual(found);
});

test('what a condition reads is told with its place', () => {
  const { references } = checkCondition('{{ steps.a.output | size > 3 and item contains vars.x }}');
  expect(references).toEqual([
    { path: ['steps', 'a', 'output'], index: 3 },
    { path: ['item'], index: 33 },
    { path: ['vars', 'x'], index: 47 },
  ]);
  expect(['item', 'vars', 'task'].map((root) => conditionReads('item contains vars.x', root))).toEqual([
    ...[true, true, false],
  ]);
  expect(conditionReads('"item" == vars.item', 'item')).toBe(false);
});

test('whatever is written, it is read or refused, and what the check lets pass can be evaluated', () => {
  const pieces = [
    'vars.n',
    'vars.list',
    '"a b"',
    '3',
    '==',
    '>',
    'and',
    'or',
    'not',
    'contains',
    '|',
    'size',
    '(',
    ')',
    '=',
    '[',
  ];
  const text = fc.array(fc.constantFrom(...pieces, ' '), { maxLength: 9 }).map((parts) => parts.join(' '));
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (condition) => {
      const { findings, readable } = checkCondition(condition);
      const evaluated = evaluateCondition(condition, scope);
      if (!evaluated.ok) expect(evaluated.error.code).toBe('template');
      if (readable && findings.length === 0)
        expect([condition, evaluated]).toEqual([condition, expect.objectContaining({ ok: true })]);
    }),
    { numRuns: 2_000 },
  );
});
