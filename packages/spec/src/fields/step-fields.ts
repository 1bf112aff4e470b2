import { assertionList, condition, repeatUntil } from './condition.ts';
import { each } from './each.ts';
import { needs } from './need.ts';
import { field } from './read-fields.ts';
import { retry } from './retry.ts';
import { expected, listOf, oneOf, positive, wholeNumber } from './type.ts';
import type { Type } from './type.ts';
import { id, innerPath, literal } from './words.ts';

const never: Type<false> = {
  schema: { const: false },
  read: (written, path, problems) =>
    written.type === 'scalar' && written.value === false
      ? false
      : expected('false, for fields that are text as it stands', written, { path, problems }),
};

/** The fields that every step has, whatever its kind. */
export const stepFields = {
  kind: field(id, 'What the step does; told from its other fields unless it is a gate or a kind of your own.'),
  needs: field(
    needs,
    'Steps that must have ended: ids, or {step, accept: [succeeded, failed, skipped]}. Those that templates name are added.',
  ),
  when: field(condition, 'A condition: when it does not hold, the step is skipped.'),
  assert: field(
    assertionList,
    '{that, message}, or a list: what must hold of the result, else the step fails with `assertion`.',
  ),
  each: field(each, 'Does the step for each item: […], "{{ list }}", {list}, {files: glob}, {from: step}.'),
  on_failure: field(
    oneOf(['abort', 'skip_dependents', 'continue']),
    'What its failure means: the job stops; its dependents are skipped; or they run all the same, with output null.',
    { default: 'abort' },
  ),
  min_success: field(wholeNumber(0), 'With each and on_failure: continue, how many items must succeed.', {
    default: 1,
  }),
  retry: field(retry, 'Further tries after the first, or {tries, backoff, base_s, max_s, jitter}. llm: 1, else 0.'),
  timeout_s: field(positive, 'Of one attempt, in seconds.'),
  cache: field(
    oneOf(['auto', 'on', 'off', 'refresh']),
    'Whose results are taken again. `on` asks for reads and writes.',
    {
      default: 'auto',
    },
  ),
  code_version: field(oneOf(['commit']), 'With cache: on, the commit of the repository stands for the code.'),
  reads: field(
    listOf(literal, 'globs'),
    'Files beside the job file whose content decides whether a result may be used again.',
    {
      default: [],
    },
  ),
  writes: field(listOf(innerPath, 'globs'), 'Files below the outputs that must be there afterwards; templates.', {
    default: [],
  }),
  on_lost: field(oneOf(['rerun', 'ask', 'fail']), 'What becomes of an attempt that was open when its process died.', {
    default: 'rerun',
  }),
  repeat_until: field(repeatUntil, '{that, max: 5}: done again until this holds.'),
  template: field(never, 'false: the fields of its kind are text as it stands, braces and all.'),
};

export const stepFieldNames: ReadonlySet<string> = new Set(Object.keys(stepFields));
