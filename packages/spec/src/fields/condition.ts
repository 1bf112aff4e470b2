import type { Assertion } from '@orch/contracts';
import { field, record } from './read-fields.ts';
import { expected, listOf, nonEmptyText, wholeNumber } from './type.ts';
import type { Type } from './type.ts';

/** A Liquid expression, bare or in one pair of braces; also plain true or false. */
export const condition: Type<string> = {
  schema: { anyOf: [{ type: 'string' }, { type: 'boolean' }] },
  read: (written, path, problems) => {
    if (written.type === 'scalar' && typeof written.value === 'boolean') return String(written.value);
    if (written.type !== 'scalar' || typeof written.value !== 'string') {
      return expected('a condition such as steps.a.output == "x"', written, { path, problems });
    }
    return bareCondition(written.value);
  },
};

/** A condition without the braces and blanks around it. */
const bareCondition = (text: string): string =>
  (/^\s*\{\{-?((?:(?!\{\{|\}\}).)*?)-?\}\}\s*$/s.exec(text)?.[1] ?? text).trim();

const assertion: Type<Assertion> = record(
  'a map with that and message',
  {
    that: field(
      condition,
      'Must hold when an attempt has succeeded; it sees output, files, exit_code and stderr of the step too.',
    ),
    message: field(nonEmptyText, 'A template: what the step fails with.'),
  },
  { that: 'a condition' },
);

const assertions = listOf(assertion, 'maps with that and message', 1);

/** `{that, message}`, or a list of them. */
export const assertionList: Type<readonly Assertion[]> = {
  schema: { anyOf: [assertion.schema, assertions.schema] },
  read: (written, path, problems) => {
    if (written.type === 'list') return assertions.read(written, path, problems);
    if (written.type !== 'map') {
      return expected('a map with that and message, or a list of them', written, { path, problems });
    }
    const one = assertion.read(written, path, problems);
    return one && [one];
  },
};

const repetition = record(
  'a map with that and max',
  {
    that: field(condition, 'Asked after each round; it sees output, files, exit_code, stderr and round (from 1).'),
    max: field(wholeNumber(1), 'Rounds at most.', { default: 5 }),
  },
  { that: 'a condition' },
);

/** `{that, max: 5}`. */
export const repeatUntil: Type<{ readonly that: string; readonly max: number }> = {
  schema: repetition.schema,
  read: (written, path, problems) => {
    const given = repetition.read(written, path, problems);
    return given && { that: given.that, max: given.max ?? 5 };
  },
};
