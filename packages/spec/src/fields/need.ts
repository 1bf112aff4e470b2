import type { Accepted } from '@orch/contracts';
import { inside } from '../source/written.ts';
import { field, record } from './read-fields.ts';
import { expected, oneOf } from './type.ts';
import type { Type } from './type.ts';
import { id, uniqueTexts } from './words.ts';

/** A step that must have ended, and how it may have; `accept` is absent when it must have succeeded. */
export type Need = { readonly step: string; readonly accept?: readonly Accepted[] };

const endings = ['succeeded', 'failed', 'skipped'] as const;

const joined = record(
  'a step id, or a map with step and accept',
  {
    step: field(id, 'The id of the step.'),
    accept: field(uniqueTexts(oneOf(endings), `some of ${endings.join(', ')}`, 1), 'How it may have ended.', {
      default: ['succeeded'],
    }),
  },
  { step: 'the id of a step' },
);

const need: Type<Need> = {
  schema: { anyOf: [id.schema, joined.schema] },
  read: (written, path, problems) => {
    if (written.type !== 'map') {
      const step = id.read(written, path, problems);
      return step === undefined ? undefined : { step };
    }
    const given = joined.read(written, path, problems);
    if (given === undefined) return undefined;
    const accept = endings.filter((ending) => given.accept?.includes(ending));
    const isUsual = accept.length === 0 || (accept.length === 1 && accept[0] === 'succeeded');
    return isUsual ? { step: given.step } : { step: given.step, accept };
  },
};

/** A list of `id` and `{step, accept}`; a step twice must be wanted in the same way. */
export const needs: Type<readonly Need[]> = {
  schema: { type: 'array', items: need.schema },
  read: (written, path, problems) => {
    if (written.type !== 'list') return expected('a list of step ids', written, { path, problems });
    const wanted = new Map<string, Need>();
    for (const [index, item] of written.items.entries()) {
      const given = need.read(item, inside(path, index), problems);
      if (given === undefined) continue;
      const before = wanted.get(given.step) ?? given;
      wanted.set(given.step, before);
      if (String(before.accept) === String(given.accept)) continue;
      const message = `${inside(path, index)}: needs ${JSON.stringify(given.step)} a second time, with another accept`;
      problems.add(item.span[0], { code: 'conflict', message });
    }
    return [...wanted.values()];
  },
};
