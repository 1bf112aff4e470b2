import type { JsonObject, ModelRequest, ProviderContext } from '@orch/contracts';
import { FakeClock } from '@orch/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createEcho } from './provider.ts';

const context: ProviderContext = { signal: new AbortController().signal, clock: new FakeClock() };

const ask = (changes: Partial<ModelRequest> = {}, sample = 0): ModelRequest => ({
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Why?' },
  ],
  options: {},
  asked: { step: 'a', sample, messagesSha256: '0'.repeat(64) },
  ...changes,
});

test('the answer is the question, the same each time, and another for another sample', async () => {
  const echo = createEcho();
  const reply = await echo.complete(ask(), context);
  expect(reply).toEqual({
    text: 'echo: Why?',
    finishReason: 'stop',
    usage: { tokensIn: 4, tokensOut: 3, estimated: true },
    modelReported: 'echo',
  });
  expect(await echo.complete(ask(), context)).toEqual(reply);
  expect((await echo.complete(ask({}, 2), context)).text).toBe('echo (sample 2): Why?');
  expect(echo.can.shareable).toBe(false);
  expect(await echo.check(undefined, context)).toEqual({});
});

const tree: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(tree).min(0) }));

test.each([
  ['an object', z.strictObject({ title: z.string(), tags: z.array(z.string()), note: z.string().optional() })],
  ['nested lists', z.object({ rows: z.array(z.object({ n: z.int().min(3) })).min(2) })],
  [
    'bounds',
    z.object({
      a: z.number().gt(2).lt(4),
      b: z.int().max(-3),
      c: z.number().multipleOf(5).min(7),
      d: z.int().positive(),
    }),
  ],
  ['texts', z.object({ short: z.string().max(2), long: z.string().min(30) })],
  [
    'choices',
    z.object({ e: z.enum(['x', 'y']), k: z.literal('k'), u: z.union([z.int(), z.string()]), n: z.string().nullable() }),
  ],
  [
    'a union',
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a'), b: z.boolean() }),
      z.object({ kind: z.literal('c') }),
    ]),
  ],
  ['all of two', z.intersection(z.object({ a: z.string() }), z.object({ b: z.null() }))],
  ['a tuple', z.tuple([z.string(), z.int()])],
  ['itself inside', tree],
  ['a list', z.array(z.unknown()).min(1)],
])('a schema with %s is answered by something that fits it', async (_, schema) => {
  const json = z.toJSONSchema(schema) as JsonObject;
  const { text } = await createEcho().complete(ask({ schema: json }), context);
  expect(schema.safeParse(JSON.parse(text)).error).toBeUndefined();
});

test('a schema that can never end is cut off', async () => {
  const schema = {
    $ref: '#/$defs/a',
    $defs: { a: { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, required: ['a'] } },
  };
  expect((await createEcho().complete(ask({ schema }), context)).text).toContain('null');
});

test('a hook that says no stops the answer, and so does a cancel', async () => {
  const no = new Error('no');
  await expect(createEcho().complete(ask(), { ...context, beforeRequest: () => Promise.reject(no) })).rejects.toBe(no);
  await expect(createEcho().complete(ask(), { ...context, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'canceled',
  });
});
