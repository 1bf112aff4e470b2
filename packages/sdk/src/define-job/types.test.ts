import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from './define-job.ts';
import type { Job } from './job.ts';
import type { Reference } from './reference.ts';

/** What a run of the job comes to. */
type Outputs<J> = J extends Job<infer O> ? O : never;

test('the output of a step is typed by what it returns', () => {
  defineJob({ vars: { tone: 'dry', most: 3 } }, (j) => {
    const short = j.llm('short', {
      prompt: 'x',
      schema: { title: 'string', tags: ['string'], deep: { n: 'integer' } },
    });
    expectTypeOf(short.output).toExtend<Reference<{ title: string; tags: string[]; deep: { n: number } }>>();
    expectTypeOf(short.output.tags[0]!).toExtend<Reference<string>>();
    expectTypeOf(short.output.tags.size).toExtend<Reference<number>>();
    // @ts-expect-error there is no such field
    void short.output.titel;
    // @ts-expect-error the text itself is not known yet
    void short.output.title.length;
    // @ts-expect-error only a step with each has items
    void short.items;
    const zod = j.llm('zod', { prompt: 'x', schema: z.object({ kind: z.enum(['a', 'b']), n: z.number().optional() }) });
    expectTypeOf(zod.output.kind).toExtend<Reference<'a' | 'b'>>();
    expectTypeOf(zod.output.n).toExtend<Reference<number>>();
    const json = j.llm('json', { prompt: 'x', schema: { type: 'object', properties: { a: { type: 'string' } } } });
    expectTypeOf(j.as<{ a: string }>(json.output).a).toExtend<Reference<string>>();
    void json.output['any']?.['part'];
    expectTypeOf(j.shell('lines', { run: 'ls', output: 'lines' }).output).toExtend<Reference<readonly string[]>>();
    expectTypeOf(j.shell('text', { run: 'ls' }).exitCode).toExtend<Reference<number>>();
    expectTypeOf(j.llm('files', { prompt: 'x', output: 'files' }).output[0]!.path).toExtend<Reference<string>>();
    expectTypeOf(j.gate('gate', { run: 'x' }).output.results.passed).toExtend<Reference<number>>();
    expectTypeOf(j.vars.tone).toExtend<Reference<string>>();
    // @ts-expect-error there is no such variable
    void j.vars.ton;
    // @ts-expect-error a field that no step has
    j.shell('typo', { run: 'x', timoutS: 3 });
  });
});

test('an item is typed by where it comes from', () => {
  defineJob({}, (j) => {
    const pages = j.shell('pages', {
      each: { files: 'docs/**' },
      run: (page) => {
        expectTypeOf(page.text).toExtend<Reference<string>>();
        // @ts-expect-error a file has no such part
        void page.size;
        return j.t`wc ${page.path}`;
      },
    });
    expectTypeOf(pages.items[0]!.item.path).toExtend<Reference<string>>();
    j.shell('follow', {
      each: { from: pages },
      command: 'echo',
      args: [
        (page) => {
          expectTypeOf(page.output).toExtend<Reference<string>>();
          expectTypeOf(page.item.sha256).toExtend<Reference<string>>();
          return page.output;
        },
      ],
    });
    j.shell('over', {
      each: pages.output,
      run: (text) => {
        expectTypeOf(text).toExtend<Reference<string>>();
        return j.t`echo ${text}`;
      },
    });
    j.shell('matrix', {
      each: j.each(
        [
          { os: 'linux', v: 20 },
          { os: 'mac', v: pages.output.size },
        ],
        {
          key: (each) => j.t`${each.os}-${each.v}`,
        },
      ),
      env: {
        V: (each) => {
          expectTypeOf(each.os).toExtend<Reference<'linux' | 'mac'>>();
          expectTypeOf(each.v).toExtend<Reference<number>>();
          return each.v;
        },
      },
    });
    j.llm('checked', {
      prompt: 'x',
      schema: { score: 'number' },
      assert: {
        that: (own) => {
          expectTypeOf(own.output.score).toExtend<Reference<number>>();
          return j.expr`${own.output.score} > 3`;
        },
      },
    });
  });
});

test('the outputs of a run are typed by what the job returns, with null for what may be missing', () => {
  const job = defineJob({}, (j) => {
    const plain = j.shell('plain', { run: 'x' });
    const each = j.shell('each', { each: ['a'], run: (item) => j.t`${item}` });
    const answer = j.approve('answer', { question: 'Go on?', options: ['yes', 'no'] });
    return {
      plain,
      part: answer.output.answer,
      each,
      skipped: j.shell('skipped', { run: 'x', when: j.expr`${plain.output} == ${'a'}` }),
      failed: j.shell('failed', { run: 'x', onFailure: 'continue' }),
      some: j.shell('some', { each: ['a'], run: 'x', when: (item) => j.expr`${item} == ${'a'}` }),
      text: j.t`${plain.output}`,
      list: [plain, 3] as const,
    };
  });
  expectTypeOf<Outputs<typeof job>>().toEqualTypeOf<{
    readonly plain: string;
    readonly part: 'yes' | 'no';
    readonly each: readonly string[];
    readonly skipped: string | null;
    readonly failed: string | null;
    readonly some: readonly (string | null)[] | null;
    readonly text: string;
    readonly list: readonly [string, 3];
  }>();
  const one = defineJob({}, (j) => j.shell('one', { run: 'x' }));
  expectTypeOf<Outputs<typeof one>>().toEqualTypeOf<string>();
  const none = defineJob({}, (j) => void j.shell('one', { run: 'x' }));
  expectTypeOf<Outputs<typeof none>>().toEqualTypeOf<null>();
  expect([job, one, none].map(({ outputs }) => Object.keys(outputs))).toEqual([['fields'], ['path'], ['value']]);
});
