import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelRequest, ProviderContext, SentRequest, SentResult } from '@orch/contracts';
import { all, FakeClock, tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { createReplay } from './provider.ts';

const digest = (letter: string) => letter.repeat(64);

type Match = { step: string; messages_sha256: string; schema_sha256?: string; sample?: number };

function record(dir: string, file: string, reply: string, match: Partial<Match> = {}, more: object = {}): void {
  const recording = {
    match: { step: 'a', messages_sha256: digest('1'), ...match },
    reply,
    finish_reason: 'stop',
    usage: { tokens_in: 5, tokens_out: 2 },
    recorded_from: { provider: 'ollama', model: 'llama3', job_id: 'job_0123456789ab' },
    ...more,
  };
  writeFileSync(join(dir, file), JSON.stringify(recording));
}

const ask = (asked: Partial<ModelRequest['asked']> = {}): ModelRequest => ({
  messages: [{ role: 'user', content: 'Why?' }],
  options: {},
  asked: { step: 'a', sample: 0, messagesSha256: digest('1'), ...asked },
});

function setUp() {
  const dir = tempDir();
  const log: (SentRequest | SentResult)[] = [];
  const context: ProviderContext = {
    signal: new AbortController().signal,
    clock: new FakeClock(),
    beforeRequest: async (sent) => void log.push(sent),
    afterRequest: async (result) => void log.push(result),
  };
  return { dir, log, context, replay: createReplay({ dir }) };
}

test('a recorded reply comes again in pieces, with the hooks around it', async () => {
  const { dir, replay, context, log } = setUp();
  const text = 'é🙂'.repeat(300);
  record(dir, 'a.1.json', text);
  const deltas = await all(replay.stream(ask(), context));
  const reply = { text, finishReason: 'stop', usage: { tokensIn: 5, tokensOut: 2 }, modelReported: 'llama3' };
  expect(deltas.at(-1)).toEqual({ type: 'done', reply });
  const pieces = deltas.flatMap((delta) => (delta.type === 'text' ? [delta.text] : []));
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join('')).toBe(text);
  expect(log).toEqual([{ try: 1 }, { try: 1, durationMs: 0, ok: true, reply }]);
  expect(replay.can.shareable).toBe(false);
});

test('step, messages, schema and sample choose the recording', async () => {
  const { dir, replay, context } = setUp();
  record(dir, 'a.1.json', 'plain');
  record(dir, 'a.2.json', 'other messages', { messages_sha256: digest('2') });
  record(dir, 'a.3.json', 'with schema', { schema_sha256: digest('3') });
  record(dir, 'a.4.json', 'third sample', { sample: 2 });
  record(dir, 'b.1.json', 'other step', { step: 'b' });
  const answer = async (asked: Partial<ModelRequest['asked']>) => (await replay.complete(ask(asked), context)).text;
  expect(await answer({})).toBe('plain');
  expect(await answer({ messagesSha256: digest('2') })).toBe('other messages');
  expect(await answer({ schemaSha256: digest('3') })).toBe('with schema');
  expect(await answer({ sample: 2 })).toBe('third sample');
  expect(await answer({ step: 'b' })).toBe('other step');
});

test('equal recordings answer one sample after another, by their numbers', async () => {
  const { dir, replay, context } = setUp();
  for (const n of [10, 2, 1]) record(dir, `a.${n}.json`, `reply ${n}`);
  const answers = await Promise.all([0, 1, 2].map((sample) => replay.complete(ask({ sample }), context)));
  expect(answers.map(({ text }) => text)).toEqual(['reply 1', 'reply 2', 'reply 10']);
  await expect(replay.complete(ask({ sample: 3 }), context)).rejects.toMatchObject({
    code: 'recording_missing',
    details: { nearest: 'a.1.json', differs: ['sample'] },
  });
});

test('a miss shows the nearest recording, what differs, and how to record again', async () => {
  const { dir, replay, context, log } = setUp();
  record(dir, 'a.1.json', 'x', { messages_sha256: digest('2') });
  record(dir, 'b.1.json', 'x', { step: 'b', messages_sha256: digest('3') });
  await expect(replay.complete(ask({ item: 'one' }), context)).rejects.toMatchObject({
    code: 'recording_missing',
    retryable: false,
    message: expect.stringMatching(
      /step a, item one, messages 111111111111, no schema, sample 0: the nearest, a\.1\.json.*222222222222/,
    ),
    hint: expect.stringContaining('orch record latest'),
    details: { nearest: 'a.1.json', differs: ['messages'] },
  });
  expect(log.at(-1)).toMatchObject({ ok: false, willRetry: false });
  await expect(replay.complete(ask({ step: 'c', messagesSha256: digest('3') }), context)).rejects.toMatchObject({
    details: { nearest: 'b.1.json', differs: ['step'] },
  });
});

test('check wants a folder with recordings', async () => {
  const { dir, replay, context } = setUp();
  const missing = createReplay({ dir: join(dir, 'none') });
  await expect(missing.check(undefined, context)).rejects.toMatchObject({
    code: 'unconfigured',
    message: expect.stringContaining(dir),
  });
  mkdirSync(join(dir, 'sub'));
  writeFileSync(join(dir, 'README.md'), 'notes');
  await expect(replay.check(undefined, context)).rejects.toMatchObject({ code: 'unconfigured' });
  const { dir: full, replay: works } = setUp();
  record(full, 'a.1.json', 'x');
  expect(await works.check('any', context)).toEqual({});
});

test.each([
  ['is no JSON', '{"match":', 'JSON'],
  ['lacks a field', '{"match":{"step":"a"}}', 'match.messages_sha256'],
])('a file that %s is named, with what is wrong', async (_, content, fault) => {
  const { dir, replay, context } = setUp();
  writeFileSync(join(dir, 'a.1.json'), content);
  const failing = replay.check(undefined, context);
  await expect(failing).rejects.toMatchObject({
    code: 'unconfigured',
    message: expect.stringContaining(join(dir, 'a.1.json')),
  });
  await expect(failing).rejects.toThrow(fault);
});

test('a recorded end is the end again', async () => {
  const { dir, replay, context } = setUp();
  record(dir, 'a.1.json', 'cut', {}, { finish_reason: 'length' });
  expect((await replay.complete(ask(), context)).finishReason).toBe('length');
});

test('a relative folder is refused: nobody knows from where', () => {
  expect(() => createReplay({ dir: 'recordings' })).toThrow('`recordings`');
});
