import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jobFields } from './fields/job-fields.ts';
import { kindNames, kinds } from './fields/kinds.ts';
import { providerChoice } from './fields/provider-choice.ts';
import { stepFields } from './fields/step-fields.ts';
import { errorsOf, readingFrom } from './testing/compiled.ts';

const docs = readFileSync(join(import.meta.dirname, '../../../docs/jobs.md'), 'utf8');

/** The names in the first column of the table below a heading. */
function rows(heading: string): string[] {
  const [, section = ''] = docs.split(`\n${heading}\n`);
  const own = section.split(/^##/m)[0]!;
  return [...own.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name!);
}

describe('docs/jobs.md', () => {
  test('lists the fields of a job', () => {
    expect(rows('## The job').sort()).toEqual(Object.keys(jobFields).sort());
  });

  test('lists the fields of every step', () => {
    expect(rows('## Every step').sort()).toEqual(Object.keys(stepFields).sort());
  });

  test.each(kindNames)('lists the fields of %s', (kind) => {
    expect(rows(`### \`${kind}\``).sort()).toEqual(Object.keys(kinds[kind].shape).sort());
  });

  const examples = [...docs.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);
  const files = readingFrom({
    '/job/chapter.yaml': 'vars: {title: x}\nsteps: {a: {prompt: "{{ vars.title }}"}}',
    '/job/steps/plan-work.ts': '',
    '/job/kinds/ticket.ts': '',
    '/job/pipelines/review.yaml': 'vars: {base: main}\nsteps: {a: {prompt: "{{ task }} {{ vars.base }}"}}',
  });

  test.each(examples)('has an example that compiles: %s', async (text) => {
    expect(await errorsOf(text, files)).toEqual([]);
  });
});

describe('docs/providers.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/providers.md'), 'utf8');
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);

  test('lists what can be set of a provider', () => {
    const [, table = ''] = page.split('\n## What can be set\n');
    const named = [...table.split(/^## /m)[0]!.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    const map = providerChoice.schema['anyOf'] as unknown as readonly { readonly properties?: object }[];
    expect(named).toEqual(Object.keys(map.at(-1)?.properties ?? {}));
  });

  test.each(examples)('has an example that compiles: %s', async (text) => {
    const rest = { steps: 'steps: {a: {prompt: x}}', vars: 'vars: {ticket: 7}' };
    const missing = Object.entries(rest).flatMap(([key, line]) => (text.includes(`${key}:`) ? [] : [line]));
    expect(await errorsOf([text, ...missing].join('\n'))).toEqual([]);
  });
});
