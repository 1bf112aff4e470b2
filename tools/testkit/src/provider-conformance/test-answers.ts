import type { ToolCall } from '@orch/contracts';
import { describe, expect, test } from 'vitest';
import { all } from '../all.ts';
import type { FakeVendor } from '../fake-vendor.ts';
import { openServed, replyOf, says, usage, whole } from '../open-served.ts';
import { question } from '../question.ts';
import { calls, tools } from './calls.ts';

export function testAnswers(vendor: FakeVendor): void {
  describe('an answer', () => {
    test('is the same whole as streamed: its pieces in order, then once the whole of it', async () => {
      const { provider, context } = await openServed(vendor, [says(vendor, whole)]);
      const deltas = await all(provider.stream(question(), context));
      const reply = replyOf(deltas);
      expect(deltas.slice(0, -1)).toEqual(whole.texts?.map((text) => ({ type: 'text', text })));
      expect(reply).toMatchObject({ text: 'Because é🙂', finishReason: 'stop', usage });
      expect(reply).not.toHaveProperty('toolCalls');
      expect(await provider.complete(question(), context)).toEqual(reply);
    });

    test('carries what the server counted, and an estimate that says so where it did not count', async () => {
      const { provider, context, log } = await openServed(vendor, [
        says(vendor, whole),
        says(vendor, { texts: ['Because it is so.'] }),
      ]);
      expect((await provider.complete(question(), context)).usage).not.toHaveProperty('estimated');
      const { usage: estimate } = await provider.complete(question(), context);
      expect(estimate).toMatchObject({ estimated: true });
      expect(Math.min(estimate.tokensIn ?? 0, estimate.tokensOut ?? 0)).toBeGreaterThan(0);
      expect(log.at(-1)).toMatchObject({ ok: true, reply: { usage: { estimated: true } } });
    });

    test.each(vendor.finishes)('that ends with %s has the end %s', async (finish, finishReason) => {
      const { provider, context } = await openServed(vendor, [says(vendor, { ...whole, finish })]);
      expect(await provider.complete(question(), context)).toMatchObject({ finishReason, text: 'Because é🙂' });
    });

    test('hands on each call of a tool whole, those made at once too', async () => {
      const { provider, context } = await openServed(vendor, [says(vendor, { texts: ['Let me see.'], calls, usage })]);
      const deltas = await all(provider.stream(question({ tools }), context));
      const { toolCalls = [], finishReason, text } = replyOf(deltas);
      expect([finishReason, text]).toEqual(['tool_calls', 'Let me see.']);
      expect(toolCalls.map(meaning)).toEqual(calls.map(meaning));
      expect(deltas.flatMap((delta) => (delta.type === 'tool_call' ? [delta.call] : []))).toEqual(toolCalls);
      expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2);
      if (vendor.namesCalls) expect(toolCalls.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
    });
  });
}

function meaning({ name, arguments: args }: ToolCall): unknown {
  return { name, arguments: JSON.parse(args) as unknown };
}
