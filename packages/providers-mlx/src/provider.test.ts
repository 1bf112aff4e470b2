import { all, failureOf, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, chunk, open, says } from './testing/exchange.ts';

const end = chunk({}, 'stop');
const usage = {
  prompt_tokens: 12,
  completion_tokens: 3,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 8 },
};

test('it runs here, takes tools and no images, and does not hold an answer to a schema', () => {
  const { mlx } = open('http://127.0.0.1:8080/v1');
  expect(mlx.name).toBe('mlx');
  expect(mlx.can).toEqual({ schema: false, tools: true, images: false, local: true, shareable: true });
});

test('the identity is its own, and states how long an answer may be', () => {
  expect(open('http://127.0.0.1:8080/v1').mlx.identify(ask({ options: { seed: 7 } }))).toEqual({
    name: 'mlx',
    model: 'mlx-community/Qwen',
    opts: { max_tokens: 4096, seed: 7 },
  });
  const { mlx } = open('http://mac.example:8080/v1', { options: { max_tokens: 9 } });
  expect(mlx.identify(ask())).toMatchObject({ service: 'mac.example:8080/v1', opts: { max_tokens: 9 } });
});

test('what it does not take is refused by name', () => {
  expect(() => open('http://127.0.0.1:1', { options: { num_ctx: 1 } })).toThrow(/options that mlx takes.*`num_ctx`/);
  expect(() => open('http://127.0.0.1:1', { api: 'responses' })).toThrow(/`api` of mlx/);
  expect(() => open('localhost')).toThrow(/base URL of mlx/);
});

test('text is read while the server keeps the line open, thoughts are left out, and usage comes last', async () => {
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.write(': keepalive 2048/8192\n\n');
    says(
      chunk({ reasoning: 'They want to know why.' }),
      chunk({ content: 'Be' }),
      chunk({ content: 'cause' }),
      end,
      { choices: [], usage },
      '[DONE]',
    )(response);
  });
  const { mlx, context } = open(url);
  expect(await all(mlx.stream(ask(), context))).toEqual([
    { type: 'text', text: 'Be' },
    { type: 'text', text: 'cause' },
    {
      type: 'done',
      reply: {
        text: 'Because',
        finishReason: 'stop',
        usage: { tokensIn: 12, tokensOut: 3, tokensCached: 8 },
        modelReported: 'mlx-community/Qwen',
      },
    },
  ]);
});

test('calls come whole, each in a chunk', async () => {
  const call = (index: number, town: string) => ({
    index,
    id: `call-${town}`,
    type: 'function',
    function: { name: 'weather', arguments: JSON.stringify({ town }) },
  });
  const { url } = await serve(
    says(chunk({ tool_calls: [call(0, 'Ulm')] }), chunk({ tool_calls: [call(1, 'Bonn')] }, 'tool_calls'), '[DONE]'),
  );
  const { mlx, context } = open(url);
  expect(await mlx.complete(ask(), context)).toMatchObject({
    finishReason: 'tool_calls',
    toolCalls: [
      { id: 'call-Ulm', name: 'weather', arguments: '{"town":"Ulm"}' },
      { id: 'call-Bonn', name: 'weather', arguments: '{"town":"Bonn"}' },
    ],
  });
});

const lists = (...ids: string[]) =>
  serve((response) =>
    response.end(JSON.stringify({ object: 'list', data: ids.map((id) => ({ id, object: 'model' })) })),
  );

test('check finds the model, and takes the only one that there is', async () => {
  const { url, seen } = await lists('mlx-community/Qwen');
  const { mlx, context } = open(`${url}/v1`);
  expect(await mlx.check('mlx-community/Qwen', context)).toEqual({ model: 'mlx-community/Qwen' });
  expect(await mlx.check(undefined, context)).toEqual({ model: 'mlx-community/Qwen' });
  expect(await mlx.models?.(context)).toEqual([{ id: 'mlx-community/Qwen' }]);
  expect(new Set(seen.map((one) => one.url))).toEqual(new Set(['/v1/models']));
  expect(await failureOf(mlx.check('llama', context))).toMatchObject({
    code: 'model_missing',
    message: expect.stringContaining('it has mlx-community/Qwen'),
    hint: expect.stringContaining('hf download llama'),
  });
});

test('of several, the model must be named; where there is none, one must be fetched', async () => {
  const several = open((await lists('one', 'two')).url);
  expect(await failureOf(several.mlx.check(undefined, several.context))).toMatchObject({
    code: 'unconfigured',
    message: expect.stringContaining('it has one, two'),
    hint: expect.stringContaining('--provider mlx:MODEL'),
  });
  const none = open((await lists()).url);
  const fetch = { code: 'model_missing', hint: expect.stringContaining('hf download') };
  expect(await failureOf(none.mlx.check(undefined, none.context))).toMatchObject(fetch);
  expect(await none.mlx.check('mlx-community/Qwen', none.context)).toMatchObject({ doubt: fetch });
});
