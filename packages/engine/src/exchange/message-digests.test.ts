import { canonicalJson, sha256 } from '@orch/cache';
import type { Message } from '@orch/contracts';
import { expect, test } from 'vitest';
import { digestMessages, digestTools } from './message-digests.ts';

const kept = new Map<string, string | Uint8Array>();
const blobs = {
  put(content: string | Uint8Array) {
    const digest = sha256(content);
    kept.set(digest, content);
    return digest;
  },
};
const digestOf = (...messages: Message[]): string => canonicalJson(digestMessages(messages, blobs));

test('plain messages are role and digest and nothing else', () => {
  expect(digestMessages([{ role: 'user', content: 'hi', images: [] }], blobs)).toEqual([
    { role: 'user', sha256: sha256('hi') },
  ]);
});

test('an image, a call, its arguments and its result make another conversation; the name of a call does not', () => {
  const called = (id: string, args: string): Message => ({
    role: 'assistant',
    content: '',
    toolCalls: [{ id, name: 'read', arguments: args }],
  });
  const result = (callId: string, more: object = {}): Message => ({
    ...{ role: 'tool', callId, name: 'read', content: 'x' },
    ...more,
  });
  const image = (data: string): Message => ({
    role: 'user',
    content: 'hi',
    images: [{ mediaType: 'image/png', data }],
  });
  const all = [
    digestOf(called('1', '{"a":1}')),
    digestOf(called('1', '{"a":2}')),
    digestOf(result('1')),
    digestOf(result('1', { isError: true })),
    digestOf(result('1', { name: 'write' })),
    digestOf(image('AAAA')),
    digestOf(image('BBBB')),
    digestOf({ role: 'user', content: 'hi' }),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(digestOf(called('2', '{"a":1}'), result('2'))).toBe(digestOf(called('1', '{"a":1}'), result('1')));
});

test('the bytes of an image are kept, and what tools there were', () => {
  digestMessages([{ role: 'user', content: 'hi', images: [{ mediaType: 'image/gif', data: 'R0lG' }] }], blobs);
  expect(Buffer.from(kept.get(sha256(Buffer.from('GIF'))) ?? '').toString()).toBe('GIF');
  const tools = [{ name: 'read', inputSchema: { type: 'object' } }];
  expect(kept.get(digestTools(tools, blobs) ?? '')).toBe(canonicalJson(tools));
  expect(digestTools([], blobs)).toBeUndefined();
});
