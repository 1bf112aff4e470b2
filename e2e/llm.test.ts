import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startModel } from './model-server.ts';
import { openPlace, start } from './orch.ts';
import { eventsOf, expectFailure, expectSuccess, resultOf } from './steps.ts';

describe.concurrent('llm', () => {
  const job = { provider: 'ollama:m' };
  const retry = { tries: 1, base_s: 0 };
  const repair = { rounds: 0 };

  test('an answer that does not fit the schema is asked for again, as another sample; both are kept', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, (_, nth) =>
      nth === 0 ? '{"title": 7}' : '```json\n{"title": "seven"}\n```',
    );
    const steps = { a: { prompt: 'How many?', schema: { title: 'string' }, retry, repair } };
    await expectSuccess(place, steps, { env: model.env, job });
    expect(resultOf(place, 'a')).toEqual({ title: 'seven' });
    expect(eventsOf(place, 'step.failed')).toMatchObject([{ data: { code: 'schema_mismatch', will_retry: true } }]);
    expect(eventsOf(place, 'reply.rejected')).toHaveLength(1);
    const keys = eventsOf(place, 'llm.request').map(({ data }) => data['cache_key']);
    expect(new Set(keys).size).toBe(2);

    await expectSuccess(place, steps, { env: model.env, job });
    expect(resultOf(place, 'a')).toEqual({ title: 'seven' });
    expect(model.questions).toHaveLength(2);
    expect(eventsOf(place, 'cache.hit')).toHaveLength(2);
  });

  test('an answer that never fits fails the step with schema_mismatch', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, () => '{"title": 7}');
    const steps = { a: { prompt: 'How many?', schema: { title: 'string' }, retry, repair } };
    const failure = await expectFailure(place, steps, { env: model.env, job });
    expect(failure).toMatchObject({ step: 'a', code: 'schema_mismatch', message: expect.stringContaining('title') });
    expect(model.questions).toHaveLength(2);
  });

  test('an answer that does not fit is mended in the same conversation, and both are found again', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, (question) => (question === 'How many?' ? 'Seven.' : '{"title": "seven"}'));
    const steps = { a: { prompt: 'How many?', schema: { title: 'string' } } };
    for (let round = 0; round < 2; round++) {
      await expectSuccess(place, steps, { env: model.env, job });
      expect(resultOf(place, 'a')).toEqual({ title: 'seven' });
      expect(eventsOf(place, 'step.failed')).toEqual([]);
    }
    expect(model.questions).toEqual(['How many?', expect.stringContaining('got "Seven."')]);
    expect(eventsOf(place, 'cache.hit')).toHaveLength(2);
  });

  test('attached files go along with the question', async (context) => {
    const place = openPlace(context);
    place.write({ 'notes/a.md': '# A' });
    const model = await startModel(context, () => 'read');
    await expectSuccess(place, { a: { prompt: 'Read', attachments: ['notes/*.md'] } }, { env: model.env, job });
    expect(model.questions).toEqual(['Read\n\nAttached files:\n\n```md path="notes/a.md"\n# A\n```\n']);
  });

  test('a proposed patch is kept, and the next step takes it', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, () => '```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n```');
    const steps = { a: { prompt: 'Change it', output: 'patch' }, b: { kind: 'patch', from: 'a' } };
    await expectSuccess(place, steps, { env: model.env, job });
    expect(resultOf(place, 'b')).toMatchObject({ files: [{ path: 'x', insertions: 1, deletions: 1 }] });
    expect(eventsOf(place, 'artifact.created')).toMatchObject([
      { data: { name: 'a.patch' } },
      { data: { name: 'b.patch' } },
    ]);
  });

  test('a truncated answer fails with truncated, and again from the cache without a call', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, () => ({ text: 'Once upon a', reason: 'length' }));
    const steps = { a: { prompt: 'Tell a story', options: { max_tokens: 3 } } };
    for (const time of ['first', 'second']) {
      const failure = await expectFailure(place, steps, { env: model.env, job });
      expect([time, failure]).toMatchObject([
        time,
        { step: 'a', code: 'truncated', message: expect.stringContaining('max_tokens 3') },
      ]);
      expect(failure.stdout).toContain('options.max_tokens');
    }
    expect(model.questions).toHaveLength(1);
  });

  test('cache: auto asks once for all runs, off and refresh in every run; equal questions of one step are asked once', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, (question, nth) => `${question} ${nth}`);
    const steps = {
      shared: { prompt: 'shared' },
      off: { prompt: 'off', cache: 'off' },
      fresh: { prompt: 'fresh', cache: 'refresh' },
      same: { each: [1, 2, 3], prompt: 'same' },
    };
    await expectSuccess(place, steps, { env: model.env, job });
    await expectSuccess(place, steps, { env: model.env, job });
    expect(model.questions.toSorted()).toEqual(['fresh', 'fresh', 'off', 'off', 'same', 'shared']);
    expect(resultOf(place, 'same')).toEqual(['same 0', 'same 0', 'same 0']);
    expect(resultOf(place, 'fresh')).toBe('fresh 1');
  });

  test('two runs that ask the same at once ask once', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, () => 'an answer');
    place.write({ 'job.yaml': { ...job, steps: { a: { prompt: 'the same' } } } });
    const both = await Promise.all([place.orch(['run'], model.env), place.orch(['run'], model.env)]);
    expect(both).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(place.runs()).toHaveLength(2);
    expect(model.questions).toEqual(['the same']);
  });

  test('files of an answer go to the outputs; one that would leave them makes the whole answer unusable', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, (_, nth) => {
      const outside = nth === 0 ? '```js ../../../escaped.js\nno\n```\n' : '';
      return `Here:\n\n\`\`\`js src/ok.js\nok ${nth}\n\`\`\`\n${outside}`;
    });
    await expectSuccess(place, { a: { prompt: 'Write', output: 'files', retry, repair } }, { env: model.env, job });
    expect(place.output('src/ok.js')).toBe('ok 1\n');
    expect(eventsOf(place, 'file.written')).toHaveLength(1);
    expect(eventsOf(place, 'step.failed')).toMatchObject([{ data: { code: 'bad_answer', will_retry: true } }]);
    expect((await start(['find', '.', '-name', 'escaped.js'], { cwd: place.dir }).ended).stdout).toBe('');
  });

  test('the API key is in no file and no output, even when the server says it back', async (context) => {
    const place = openPlace(context);
    const key = 'sk-secret-of-the-test-0123456789abcdef';
    const server = createServer((request, response) => {
      const isQuestion = request.method === 'POST';
      response.writeHead(isQuestion ? 401 : 200, { 'content-type': 'application/json' });
      const said = { message: `Incorrect API key provided: ${request.headers.authorization} (${key}).`, type: 'auth' };
      response.end(JSON.stringify(isQuestion ? { error: said } : { data: [{ id: 'm' }] }));
    });
    server.listen(0, '127.0.0.1');
    context.onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    place.write({ '.env': `OPENAI_API_KEY=${key}\nOPENAI_BASE_URL=http://127.0.0.1:${port}/v1\n` });
    place.write({ 'job.yaml': { provider: 'openai:m', steps: { a: { prompt: 'hello' } } } });
    const ended = await place.orch(['run', '--verbose']);
    expect(ended.code).toBe(1);
    expect(eventsOf(place, 'step.failed')).toMatchObject([{ data: { code: 'auth' } }]);
    expect(ended.stdout + ended.stderr).not.toContain(key);
    expect((await start(['grep', '-rlF', key, 'runs'], { cwd: place.dir }).ended).stdout).toBe('');
  });
});
