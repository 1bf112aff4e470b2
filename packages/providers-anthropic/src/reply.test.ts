import { all, failureOf, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, call, ended, open, says, start, stop, text, toSse, whole } from './testing/exchange.ts';

type Events = Parameters<typeof says>;

async function answerTo(...events: Events) {
  const { url } = await serve(says(...events));
  const { anthropic, context } = open({ baseUrl: url });
  const deltas = await all(anthropic.stream(ask(), context));
  const done = deltas.at(-1);
  if (done?.type !== 'done') return expect.unreachable('expected the whole answer at the end');
  return { said: deltas.slice(0, -1), reply: done.reply };
}

test('text, what it took and why it ended are read from the stream', async () => {
  const { said, reply } = await answerTo(...whole);
  expect(said).toEqual([
    { type: 'text', text: 'Because ' },
    { type: 'text', text: 'it is.' },
  ]);
  expect(reply).toEqual({
    text: 'Because it is.',
    finishReason: 'stop',
    usage: { tokensIn: 117, tokensOut: 7, tokensCached: 100 },
    modelReported: 'claude-x-1',
  });
});

test('counts at the end are of the whole answer, and null is no count', async () => {
  const counts = { input_tokens: 20, cache_read_input_tokens: null, cache_creation_input_tokens: 0, output_tokens: 9 };
  const { reply } = await answerTo(start, ...text(0, 'Hi'), ended('end_turn', counts), stop);
  expect(reply.usage).toEqual({ tokensIn: 120, tokensOut: 9, tokensCached: 100 });
});

test('an answer without any counts has them estimated', async () => {
  const bare = { type: 'message_start', message: { model: 'm' } };
  const { reply } = await answerTo(bare, ...text(0, 'Because.'), { ...ended('end_turn'), usage: undefined }, stop);
  expect(reply.usage).toMatchObject({ tokensIn: expect.any(Number), tokensOut: expect.any(Number), estimated: true });
});

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'refused'],
  ['whatever_comes', 'other'],
])('%s is the end %s', async (reason, finishReason) => {
  const { reply } = await answerTo(start, ...text(0, 'Hi'), ended(reason), stop);
  expect(reply.finishReason).toBe(finishReason);
});

test('calls are told when their arguments are whole, each by itself', async () => {
  const [a, ...restOfA] = call(1, 'weather', '{"town"', ':"Ulm"}');
  const [b, ...restOfB] = call(2, 'time');
  const { said, reply } = await answerTo(
    start,
    ...text(0, 'I look.'),
    a!,
    b!,
    ...restOfA,
    ...restOfB,
    ended('tool_use'),
    stop,
  );
  const calls = [
    { id: 'toolu_1', name: 'weather', arguments: '{"town":"Ulm"}' },
    { id: 'toolu_2', name: 'time', arguments: '{}' },
  ];
  expect(said.slice(1)).toEqual(calls.map((one) => ({ type: 'tool_call', call: one })));
  expect(reply).toMatchObject({ text: 'I look.', toolCalls: calls, finishReason: 'tool_calls' });
});

test.each([
  ['end_turn', '{"town', 'tool_calls', 1],
  ['tool_use', '{"town', 'tool_calls', 1],
  ['refusal', '{}', 'refused', 1],
  ['max_tokens', '{}', 'length', 1],
  ['max_tokens', '{"town', 'length', 0],
])('%s after a call with %s: the end is %s, calls: %i', async (reason, args, finishReason, calls) => {
  const { said, reply } = await answerTo(start, ...call(0, 'weather', args), ended(reason), stop);
  expect(reply).toMatchObject({ finishReason });
  expect(said).toEqual((reply.toolCalls ?? []).map((one) => ({ type: 'tool_call', call: one })));
  expect(said).toHaveLength(calls);
});

test('a call is told before the next block comes', async () => {
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.write(toSse([start, ...call(0, 'weather', '{}'), ...text(1, 'And')]));
  });
  const { anthropic, context } = open({ baseUrl: url });
  const parts = anthropic.stream(ask(), context)[Symbol.asyncIterator]();
  expect((await parts.next()).value).toMatchObject({ type: 'tool_call' });
  expect((await parts.next()).value).toMatchObject({ type: 'text' });
  await parts.return?.();
});

test('the arguments of a call may come all at once', async () => {
  const block = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { town: 'Ulm' } };
  const { reply } = await answerTo(
    start,
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_stop', index: 0 },
    ended('tool_use'),
    stop,
  );
  expect(reply.toolCalls).toEqual([{ id: 'toolu_1', name: 'weather', arguments: '{"town":"Ulm"}' }]);
});

test('what the tool for the answer is called with is the answer', async () => {
  const { said, reply } = await answerTo(
    start,
    ...call(0, 'orch_answer', '{"title"', ': "A"}'),
    ended('tool_use'),
    stop,
  );
  expect(said).toEqual(['{"title"', ': "A"}'].map((piece) => ({ type: 'text', text: piece })));
  expect(reply).toMatchObject({ text: '{"title": "A"}', finishReason: 'stop' });
  expect(reply.toolCalls).toBeUndefined();
});

test('an answer that was cut off is not taken for one', async () => {
  const { reply } = await answerTo(start, ...call(0, 'orch_answer', '{"title"'), ended('max_tokens'), stop);
  expect(reply).toMatchObject({ text: '{"title"', finishReason: 'length' });
});

test('an answer beside calls of tools does not count: the calls come first', async () => {
  const { reply } = await answerTo(
    start,
    ...call(0, 'weather', '{}'),
    ...call(1, 'orch_answer', '{"title": "?"}'),
    ended('tool_use'),
    stop,
  );
  expect(reply).toMatchObject({ text: '', toolCalls: [{ name: 'weather' }], finishReason: 'tool_calls' });
});

test('thinking, pings and whatever is yet to be invented are skipped', async () => {
  const thinking = [
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'x' } },
    { type: 'content_block_stop', index: 0 },
  ];
  const unknown =
    'event: ping\ndata: {"type": "ping"}\n\nevent: sparkle\ndata: no JSON\n\ndata: {"type":"toString"}\n\n';
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.end(toSse([start]) + unknown + toSse([...thinking, ...text(1, 'Hi'), ended('end_turn'), stop]));
  });
  const { anthropic, context } = open({ baseUrl: url });
  expect(await all(anthropic.stream(ask(), context))).toMatchObject([
    { type: 'text', text: 'Hi' },
    { type: 'done', reply: { text: 'Hi', finishReason: 'stop' } },
  ]);
});

test('an answer that the server paused in is no answer, and not asked for again', async () => {
  const { url } = await serve(says(start, ...text(0, 'I search.'), ended('pause_turn'), stop));
  const { anthropic, context } = open({ baseUrl: url, maxRetries: 3 });
  const error = await failureOf(anthropic.complete(ask(), context));
  expect(error).toMatchObject({
    code: 'bad_response',
    message: expect.stringMatching(/paused in it \(`pause_turn`\)\.$/),
  });
});

test('an answer in one piece is understood too', async () => {
  const content = [
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { town: 'Ulm' } },
  ];
  const usage = { input_tokens: 3, output_tokens: 4 };
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ type: 'message', model: 'm', content, stop_reason: 'tool_use', usage }));
  });
  const { anthropic, context } = open({ baseUrl: url });
  expect(await all(anthropic.stream(ask(), context))).toMatchObject([
    { type: 'text', text: 'I look.' },
    { type: 'tool_call', call: { name: 'weather' } },
    {
      type: 'done',
      reply: {
        text: 'I look.',
        toolCalls: [{ id: 'toolu_1', name: 'weather', arguments: '{"town":"Ulm"}' }],
        finishReason: 'tool_calls',
        usage: { tokensIn: 3, tokensOut: 4 },
        modelReported: 'm',
      },
    },
  ]);
});
