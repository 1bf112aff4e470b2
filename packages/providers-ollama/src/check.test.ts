import { failureOf, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { open, says } from './testing/exchange.ts';

const tags = (...names: string[]) =>
  says({ models: names.map((name, day) => ({ name, modified_at: `2026-01-0${day + 1}T00:00:00Z` })) });

test('check finds the model, with or without its tag, and chooses the newest when none is named', async () => {
  const { url, seen } = await serve(tags('qwen:7b', 'llama3:latest'));
  const { ollama, context } = open(url);
  expect(await ollama.check('llama3', context)).toEqual({ model: 'llama3' });
  expect(await ollama.check('qwen:7b', context)).toEqual({ model: 'qwen:7b' });
  expect(await ollama.check(undefined, context)).toEqual({ model: 'llama3:latest' });
  expect(seen[0]?.url).toBe('/api/tags');
  expect(await failureOf(ollama.check('qwen', context))).toMatchObject({
    code: 'model_missing',
    message: expect.stringContaining('it has qwen:7b, llama3:latest'),
    hint: 'Fetch it with `ollama pull qwen`.',
  });
});

test('check says what is set and how to start a server that is not there', async () => {
  const { url } = await serve((response) => void response.destroy());
  const { ollama, context } = open(url, { maxRetries: 3 });
  const error = await failureOf(ollama.check(undefined, context));
  expect(error).toMatchObject({ code: 'network', retryable: false, message: expect.stringContaining(url) });
  expect(error.hint).toContain('`ollama serve`');
  expect(error.hint).toContain('OLLAMA_BASE_URL');
});

/** A server with these models, by name, the newest last. */
function serveModels(shown: Record<string, object>) {
  return serve((response, { url, body }) => {
    const { model } = (body ?? {}) as { model?: string };
    if (url === '/api/tags') return tags(...Object.keys(shown))(response);
    const found = shown[model ?? ''];
    return found === undefined ? response.writeHead(404).end('{"error":"gone"}') : response.end(JSON.stringify(found));
  });
}

const answers = (length: number) => ({
  capabilities: ['completion', 'tools'],
  model_info: { 'general.architecture': 'llama', 'llama.context_length': length },
});
const embeds = { capabilities: ['embedding'] };

test('check tells how much the model takes, and chooses none that only embeds', async () => {
  const { url } = await serveModels({
    'small:1b': answers(2048),
    'llama3:latest': answers(131_072),
    'nomic:v1': embeds,
  });
  const { ollama, context } = open(url);
  expect(await ollama.check(undefined, context)).toEqual({ model: 'llama3:latest', contextTokens: 131_072 });
  expect(await ollama.check('small:1b', context)).toEqual({ model: 'small:1b', contextTokens: 2048 });
  const none = open((await serveModels({ 'nomic:v1': embeds })).url);
  expect(await failureOf(none.ollama.check(undefined, none.context))).toMatchObject({ code: 'model_missing' });
});

test('the models of a server, each with its size, and its context where that can be told', async () => {
  const models = [
    { name: 'llama3:latest', size: 4_700_000_000 },
    { name: 'old', size: 1 },
  ];
  const { url } = await serve((response, { url, body }) => {
    if (url === '/api/tags') return says({ models })(response);
    const known = (body as { model: string }).model === 'llama3:latest';
    return known ? says(answers(8192))(response) : response.writeHead(404).end('404 page not found');
  });
  const { ollama, context } = open(url);
  expect(await ollama.models?.(context)).toEqual([
    { id: 'llama3:latest', contextTokens: 8192, sizeBytes: 4_700_000_000 },
    { id: 'old', sizeBytes: 1 },
  ]);
});
