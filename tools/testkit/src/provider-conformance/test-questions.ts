import type { Image, Message } from '@orch/contracts';
import { describe, expect, test } from 'vitest';
import { all } from '../all.ts';
import { failureOf } from '../failure-of.ts';
import type { FakeVendor } from '../fake-vendor.ts';
import { openServed, says, servedKey, whole } from '../open-served.ts';
import { question } from '../question.ts';
import { responds } from '../scripts.ts';
import { serve } from '../serve.ts';
import { calls, tools } from './calls.ts';

export function testQuestions(vendor: FakeVendor): void {
  describe('a question', () => {
    test('brings the system text, images where it takes them, tools, calls and what they returned', async () => {
      const { provider, context, seen } = await openServed(vendor, [says(vendor, whole)]);
      const images = provider.can.images ? [image] : [];
      await provider.complete(question({ messages: conversationAbout(images), tools }), context);
      const sent = JSON.stringify(seen[0]?.body);
      const texts = [
        'Be brief.',
        'What is this?',
        'Rain, 7 degrees',
        'It failed.',
        'some-model',
        ...images.map(({ data }) => data),
      ];
      for (const part of [...texts, 'Tells the weather.', 'Tells the time.', 'weather', 'Köln', 'zone'])
        expect(sent).toContain(part);
    });

    test('brings the key among its headers only, and the schema of the answer', async () => {
      const { provider, context, seen } = await openServed(vendor, [says(vendor, whole)]);
      const schema = { type: 'object', properties: { reason: { type: 'string' } }, required: ['reason'] };
      await provider.complete(question({ schema }), context);
      const [headers, body] = [JSON.stringify(seen[0]?.headers), JSON.stringify(seen[0]?.body)];
      expect(headers).toContain(servedKey);
      expect(`${seen[0]?.url} ${body}`).not.toContain(servedKey);
      expect(body).toContain('reason');
    });

    test('is the same whether its answer is streamed or awaited whole', async () => {
      const { provider, context, seen } = await openServed(vendor, [says(vendor, whole)]);
      await provider.complete(question(), context);
      await all(provider.stream(question(), context));
      expect(seen[1]).toEqual(seen[0]);
    });

    test('that the server of another host shall answer is not repeated there', async () => {
      const other = await serve((response) => void response.end());
      const { provider, context, seen } = await openServed(vendor, [responds(307, '', { location: `${other.url}/` })]);
      expect(await failureOf(provider.complete(question(), context))).toMatchObject({ code: 'unconfigured' });
      expect([seen.length, other.seen.length]).toEqual([1, 0]);
    });
  });
}

const image: Image = { mediaType: 'image/png', data: 'iVBORw0KGgo=' };

function conversationAbout(images: readonly Image[]): readonly Message[] {
  return [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'What is this?', images },
    { role: 'assistant', content: 'Let me see.', toolCalls: calls },
    { role: 'tool', callId: 'call_a', name: 'weather', content: 'Rain, 7 degrees' },
    { role: 'tool', callId: 'call_b', name: 'time', content: 'It failed.', isError: true },
  ];
}
