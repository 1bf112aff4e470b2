import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { startChat } from './chat-server.ts';
import type { ChatRequest } from './chat-server.ts';
import { logged, openPlace } from './orch.ts';
import type { Place } from './orch.ts';
import { eventsOf, expectFailure, expectSuccess, resultOf } from './steps.ts';

/**
 * A server of tools that needs no package. It notes its calls in `calls` and its process in `pid`; `note` gives back its
 * text, `wait` waits for the file `go`, `key` tells its secret.
 */
const server = `
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
writeFileSync('pid', String(process.pid));
appendFileSync('starts', '.');
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const text = (said) => ({ content: [{ type: 'text', text: said }] });
const schema = { type: 'object', properties: { text: { type: 'string' } } };
const until = (isReady, then) => (isReady() ? then() : setTimeout(() => until(isReady, then), 20));
const tools = {
  note: (args) => Promise.resolve(text('noted: ' + args.text)),
  wait: () => new Promise((resolve) => until(() => existsSync('go'), () => resolve(text('went')))),
  key: () => Promise.resolve(text('the key is ' + process.env.KEY + ', and ' + process.env.OPENAI_API_KEY)),
};
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'notes', version: '1' } } });
  if (method === 'tools/list') send({ id, result: { tools: Object.keys(tools).map((name) => ({ name, inputSchema: schema })) } });
  if (method !== 'tools/call') return;
  appendFileSync('calls', params.name + '\\n');
  send({ id, result: await tools[params.name](params.arguments) });
});
`;

const job = {
  provider: 'openai:m',
  mcp: { notes: { command: process.execPath, args: ['server.mjs'], env: { KEY: { secret: 'NOTES_KEY' } } } },
};

const env = { NOTES_KEY: 'hunter2-of-the-notes' };

describe.concurrent('tools', () => {
  test('a model calls tools of a server, and each call stands in the log around it', async (context) => {
    const place = open(context);
    const chat = await startChat(
      context,
      ({ messages }) =>
      messages.length === 1 ? [{ name: 'notes__note', args: { text: 'A' } }, { name: 'notes__key', args: {} }] : saidTo(messages), // prettier-ignore
    );
    await expectSuccess(place, { a: { prompt: 'Note A', tools: ['notes.*'] } }, { env: { ...env, ...chat.env }, job });
    expect(resultOf(place, 'a')).toBe('noted: A | the key is ***, and undefined');
    expect(chat.asked[0]?.tools?.map((tool) => tool.function.name)).toEqual(['notes__key', 'notes__note', 'notes__wait']); // prettier-ignore
    const types = place.events().map(({ type }) => type);
    expect(types.filter((type) => /^(llm|tool)\./.test(type))).toEqual([
      ...['llm.request', 'llm.response', 'tool.called', 'tool.returned', 'tool.called', 'tool.returned'],
      ...['llm.request', 'llm.response'],
    ]);
    expect(eventsOf(place, 'tool.called').map(({ data }) => data['name'])).toEqual(['notes.note', 'notes.key']);
    await isGone(place);
  });

  test('after a kill a call that has returned is not made again, one that has not is', async (context) => {
    const place = open(context);
    const chat = await startChat(context, ({ messages }) => {
      const calls = messages.filter(({ role }) => role === 'tool').length;
      return [[{ name: 'notes__note', args: { text: 'A' } }], [{ name: 'notes__wait', args: {} }]][calls] ?? saidTo(messages); // prettier-ignore
    });
    place.write({ 'job.yaml': { ...job, steps: { a: { prompt: 'Note A', tools: ['notes.note', 'notes.wa*'] } } } });
    const run = place.start(['run'], { ...env, ...chat.env });
    await logged(place, 'tool.returned');
    await vi.waitFor(() => expect(place.read('calls')).toBe('note\nwait\n'), { timeout: 20_000 });
    run.kill('SIGKILL');
    await run.ended;
    await isGone(place);
    place.write({ go: '' });
    const { code, stdout } = await place.orch(['resume'], { ...env, ...chat.env });
    expect([code, stdout]).toEqual([0, stdout]);
    expect(resultOf(place, 'a')).toBe('noted: A | went');
    expect(place.read('calls')).toBe('note\nwait\nwait\n');
    expect(chat.asked).toHaveLength(3);
  });

  test('a run that is interrupted in a call leaves no server behind', async (context) => {
    const place = open(context);
    const chat = await startChat(context, () => [{ name: 'notes__wait', args: {} }]);
    place.write({ 'job.yaml': { ...job, steps: { a: { prompt: 'Wait', tools: ['notes.wait'] } } } });
    const run = place.start(['run'], { ...env, ...chat.env });
    await logged(place, 'tool.called');
    run.kill('SIGINT');
    await run.said(/what is in flight may finish/);
    run.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    expect(eventsOf(place, 'tool.returned')).toEqual([]);
    await isGone(place);
  });

  test('eight items share one server', async (context) => {
    const place = open(context);
    const chat = await startChat(context, ({ messages }) =>
      messages.length === 1 ? [{ name: 'notes__note', args: { text: messages[0]?.content } }] : saidTo(messages),
    );
    const step = { each: [1, 2, 3, 4, 5, 6, 7, 8], prompt: '{{ item }}', tools: ['notes.note'] };
    await expectSuccess(place, { a: step }, { env: { ...env, ...chat.env }, job: { ...job, concurrency: 8 } });
    expect(resultOf(place, 'a')).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `noted: ${n}`));
    expect(place.read('starts').length).toBe(1);
  });

  test('a server that cannot be used fails the step with its last words, before the model is asked', async (context) => {
    const place = open(context);
    const chat = await startChat(context, () => 'x');
    place.write({ 'server.mjs': "console.error('no licence for hunter2-of-the-notes'); process.exit(7)" });
    const steps = { a: { prompt: 'Note A', tools: ['notes.*'], retry: 0 } };
    const failure = await expectFailure(place, steps, { env: { ...env, ...chat.env }, job });
    expect(failure).toMatchObject({ code: 'tool_failed', message: 'Expected the server notes to be there, it exited with 7.\nno licence for ***' }); // prettier-ignore
    expect(chat.asked).toEqual([]);
  });
});

function open(context: Parameters<typeof openPlace>[0]): Place {
  const place = openPlace(context);
  place.write({ 'server.mjs': server });
  return place;
}

function saidTo(messages: ChatRequest['messages']): string {
  return messages.flatMap(({ role, content }) => (role === 'tool' ? [content] : [])).join(' | ');
}

/** The process of the server has ended with orch. */
async function isGone(place: Place): Promise<void> {
  const stat = (): string => {
    try {
      return readFileSync(`/proc/${place.read('pid')}/stat`, 'utf8');
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toMatch(/ENOENT|ESRCH/);
      return '';
    }
  };
  await vi.waitFor(() => expect(stat()).toMatch(/^$|\) Z /), { timeout: 20_000, interval: 50 });
}
