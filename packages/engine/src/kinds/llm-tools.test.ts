import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Json, JsonObject, NamedServer, PlanStep, Reply, ToolServers, ToolSpec } from '@orch/contracts';
import { createHider } from '@orch/secrets';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { ask } from '../testing/plan.ts';
import { linesOf, resumeJob, runJob } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';

const relaxed = { durability: 'relaxed', jobId: 'job_0123456789ab' } as const;

const read: ToolSpec = {
  name: 'read.file',
  description: 'Reads a file.',
  inputSchema: { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }, // prettier-ignore
};

test('what the model asks for is called, told to it, and stands in the log around the call', async () => {
  const { provider, asked } = scripted([calling({ path: 'a.md' }), 'It says A.']);
  const at = place();
  const logged: string[] = [];
  const servers = serverWith(({ path }) => {
    logged.push(...linesOf(join(at.runsDir, at.jobId)).map(({ type }) => type));
    return `text of ${JSON.stringify(path)}`;
  });
  const { events, result } = await runJob([withTools(['fs.read.*'])], { ...at, provider, tools: servers.tools });
  expect(logged.at(-1)).toBe('tool.called');
  expect(result.manifest.steps['q']?.output?.inline).toBe('It says A.');
  expect(asked[0]?.tools).toEqual([{ ...read, name: 'fs__read_file' }]);
  expect(asked[1]?.messages.slice(1)).toEqual([
    { role: 'assistant', content: 'Let me look.', toolCalls: [call({ path: 'a.md' })] },
    { role: 'tool', callId: 'call_7', name: 'fs__read_file', content: 'text of "a.md"' },
  ]);
  expect(typesOf(events)).toEqual(['llm.request', 'llm.response', 'tool.called', 'tool.returned', 'llm.request', 'llm.response']); // prettier-ignore
  expect(events.find(({ type }) => type === 'tool.called')?.data).toMatchObject({ name: 'fs.read.file' });
});

test('a run that was killed after a tool returned does not call it again, and asks only what was not asked', async () => {
  const servers = serverWith(() => 'once');
  const script = () => scripted(({ messages }) => (messages.length === 1 ? calling({ path: 'a' }) : 'done'));
  const first = await runJob([withTools(['fs.*'])], { ...place(), provider: script().provider, tools: servers.tools });
  for (const { seq, type } of linesOf(first.dir)) {
    if (type === 'job.started') continue;
    const dir = copyRun(first.dir, tempDir());
    cutLog(dir, { lines: seq });
    const [before, again] = [servers.calls.length, script()];
    const { result } = await resumeJob(dir, [withTools(['fs.*'])], { durability: 'relaxed', provider: again.provider, tools: servers.tools }); // prettier-ignore
    expect(result.status).toBe('succeeded');
    const returned = linesOf(dir).some((event) => event.type === 'tool.returned' && event.seq <= seq);
    expect(servers.calls.length - before).toBeLessThanOrEqual(returned ? 0 : 1);
  }
});

test('what cannot be called is told to the model, which goes on', async () => {
  const wrong: Reply = { text: '', finishReason: 'tool_calls', usage: {}, toolCalls: [
    { id: '1', name: 'fs__delete', arguments: '{}' },
    { id: '2', name: 'fs__read_file', arguments: '{"path": 1}' },
    { id: '3', name: 'fs__read_file', arguments: '' },
  ] }; // prettier-ignore
  const { provider, asked } = scripted([wrong, 'never mind']);
  const servers = serverWith(() => 'x');
  await runJob([withTools(['fs.*'])], { ...place(), provider, tools: servers.tools });
  expect(servers.calls).toEqual([]);
  const told = asked[1]?.messages.flatMap((message) => (message.role === 'tool' ? [message] : []));
  expect(told?.map(({ isError }) => isError)).toEqual([true, true, true]);
  expect(told?.map(({ content }) => content)).toEqual([
    'There is no tool fs__delete. There are: fs__read_file.',
    expect.stringContaining('/path: must be string'),
    expect.stringContaining("must have required property 'path'"),
  ]);
});

test('an error of a tool is told, a server that is gone fails the step', async () => {
  const { provider, asked } = scripted([calling({ path: 'a' }), 'well']);
  const tools = { ...serverWith(() => '').tools, call: async () => ({ text: 'no such file', isError: true }) };
  const { events } = await runJob([withTools(['fs.*'])], { ...place(), provider, tools });
  expect(asked[1]?.messages.at(-1)).toMatchObject({ role: 'tool', isError: true, content: 'no such file' });
  expect(events.find(({ type }) => type === 'tool.returned')?.data).toMatchObject({ is_error: true });

  const gone = { ...tools, call: () => Promise.reject(new OrchError('tool_failed', 'The server fs is gone.')) };
  const { result } = await runJob([withTools(['fs.*'])], { ...place(), provider: scripted([calling({ path: 'a' })]).provider, tools: gone }); // prettier-ignore
  expect(result.manifest.failures).toMatchObject([{ code: 'tool_failed', kind: 'tool' }]);
});

test('a tool that the server does not have is found before the model is asked', async () => {
  const { provider, asked } = scripted([]);
  const { result } = await runJob([withTools(['fs.raed'])], {
    ...place(),
    provider,
    tools: serverWith(() => '').tools,
  });
  expect(result.manifest.failures[0]).toMatchObject({ code: 'tool_failed', message: 'Expected the server fs to have a tool raed, it has read.file.' }); // prettier-ignore
  expect(asked).toEqual([]);
});

test('rounds without end fail the step, and another try asks for another first answer', async () => {
  const { provider, asked } = scripted(() => calling({ path: 'a' }));
  const { result } = await runJob([{ ...withTools(['fs.*'], 2), retry: { tries: 1, backoff: 'fixed', base_s: 0, max_s: 0, jitter: false } }], { ...place(), provider, tools: serverWith(() => 'x').tools }); // prettier-ignore
  expect(result.manifest.failures[0]).toMatchObject({
    code: 'bad_answer',
    message: expect.stringContaining('2 rounds'),
  });
  expect(asked.map((request) => [request.messages.length, request.asked.sample])).toEqual([
    [1, 0],
    [3, 0],
    [5, 0],
    [1, 1],
  ]);
});

test('a provider that takes no tools is not asked', async () => {
  const { provider, asked } = scripted(['x'], { tools: false });
  const { result } = await runJob([withTools(['fs.*'])], { ...place(), provider, tools: serverWith(() => '').tools });
  expect(result.manifest.failures[0]).toMatchObject({ code: 'usage', message: 'Expected a provider that takes tools, scripted does not.' }); // prettier-ignore
  expect(asked).toEqual([]);
});

test('of a server and a pattern that fits nothing, it is told; tools come in one order and under names of their own', async () => {
  const script = scripted(['x']);
  const listed = ['b', 'a', 'a.b', 'a_b', `long-${'x'.repeat(80)}`, `long-${'x'.repeat(90)}`];
  const tools = { ...serverWith(() => '').tools, list: async () => listed.map((name) => ({ ...read, name })) };
  await runJob([withTools(['fs.*'])], { ...place(), provider: script.provider, tools });
  const long = `fs__long-${'x'.repeat(55)}`;
  expect(script.asked[0]?.tools?.map(({ name }) => name)).toEqual([
    ...['fs__a', 'fs__a_b', 'fs__a_b_2', 'fs__b', long, `${long.slice(0, 62)}_2`],
  ]);
  const { result } = await runJob([withTools(['fs.a', 'fs.get_*'])], { ...place(), provider: script.provider, tools });
  expect(result.manifest.failures[0]?.message).toMatch(/to have a tool get_\*, it has b, a, /);
});

test('arguments that are no JSON, or no object, are told to the model', async () => {
  const calls = ['{"path": ', '[1]', '"a"'].map((written, at) => ({ id: String(at), name: 'fs__read_file', arguments: written })); // prettier-ignore
  const { provider, asked } = scripted([{ text: '', finishReason: 'tool_calls', usage: {}, toolCalls: calls }, 'ok']);
  const servers = serverWith(() => 'x');
  await runJob([withTools(['fs.*'])], { ...place(), provider, tools: servers.tools });
  const told = asked[1]?.messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []));
  expect(told?.[0]).toMatch(/^fs__read_file was not called\. Expected JSON as arguments, got "{\\"path\\":"/);
  expect(told?.slice(1)).toEqual(Array(2).fill(expect.stringContaining('must be object')));
  expect(servers.calls).toEqual([]);
});

test('arguments that JSON can write but not read are called with what can be', async () => {
  const args = '{"path": "half \\ud83d", "\\ud83d": 1e999}';
  const { provider } = scripted([{ text: '', finishReason: 'tool_calls', usage: {}, toolCalls: [{ id: '1', name: 'fs__read_file', arguments: args }] }, 'ok']); // prettier-ignore
  const servers = serverWith(() => 'x');
  const { result } = await runJob([withTools(['fs.*'])], { ...place(), provider, tools: servers.tools });
  expect([result.status, servers.calls]).toEqual(['succeeded', [{ path: 'half \ufffd', '\ufffd': null }]]);
});

test('what was a secret reaches neither the model, nor the log, nor a blob', async () => {
  const secret = 'hunter2-of-the-test';
  const { provider, asked } = scripted([calling({ path: `/${secret}` }), 'done']);
  const long = 'x'.repeat(10_000);
  const servers = serverWith(() => `the key is ${secret}${long}`);
  const { dir } = await runJob([withTools(['fs.*'])], { ...place(), provider, tools: servers.tools, hider: createHider([secret]) }); // prettier-ignore
  expect(servers.calls).toEqual([{ path: '/***' }]);
  expect(asked[1]?.messages.at(-1)?.content).toBe(`the key is ***${long}`);
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
  expect(texts.filter((text) => text.includes(long)).length).toBeGreaterThan(1);
  expect(texts.filter((text) => text.includes(secret))).toEqual([]);
});

test('another run asks nobody again, but calls its tools; what they say now is another question', async () => {
  const at = place();
  const { provider, asked } = scripted(({ messages }) => (messages.length === 1 ? calling({ path: 'a' }) : `${messages.at(-1)?.content}!`)); // prettier-ignore
  const servers = serverWith(() => texts.shift() ?? '');
  const texts = ['one', 'one', 'two'];
  const outputs: unknown[] = [];
  for (const jobId of ['job_000000000001', 'job_000000000002', 'job_000000000003']) {
    const { result } = await runJob([withTools(['fs.*'])], { ...at, jobId, provider, tools: servers.tools });
    outputs.push(result.manifest.steps['q']?.output?.inline);
  }
  expect([outputs, servers.calls.length, asked.length]).toEqual([['one!', 'one!', 'two!'], 3, 3]);
  const frozen = { ...at, jobId: 'job_000000000004', provider, frozen: true };
  texts.push('two', 'three');
  const again = await runJob([withTools(['fs.*'])], { ...frozen, tools: servers.tools });
  expect(again.result.manifest.steps['q']?.output?.inline).toBe('two!');
  const missed = await runJob([withTools(['fs.*'])], { ...frozen, jobId: 'job_000000000005', tools: servers.tools });
  expect(missed.result.manifest.failures[0]?.code).toBe('frozen_miss');
  expect(asked.length).toBe(3);
});

test('each item calls for itself, also what another one has called', async () => {
  const { provider } = scripted(({ messages }) => (messages.length === 1 ? calling({ path: 'a' }) : 'done'));
  const servers = serverWith(() => 'x');
  const step: PlanStep = { ...withTools(['fs.*']), each: { list: [1, 2], max_items: 10 } };
  const { events } = await runJob([step], { ...place(), provider, tools: servers.tools });
  expect(servers.calls.length).toBe(2);
  const called = events.filter(({ type }) => type === 'tool.called');
  expect(new Set(called.map(({ item }) => item)).size).toBe(2);
});

test('a failed step that is run anew calls again; one that goes on does not', async () => {
  const servers = serverWith(() => 'x');
  const script = scripted(({ messages }) => (messages.length === 1 ? calling({ path: 'a' }) : '{}'));
  const step = withTools(['fs.*']);
  const unfit = { ...step, fields: { ...step.fields, schema: { required: ['n'] }, repair: { rounds: 0 } } };
  const settings = { durability: 'relaxed', provider: script.provider, tools: servers.tools } as const;
  const { dir } = await runJob([unfit], { ...place(), ...settings });
  expect(servers.calls.length).toBe(1);
  await resumeJob(dir, [unfit], settings);
  expect(servers.calls.length).toBe(1);
  await resumeJob(dir, [unfit], { ...settings, from: 'q' });
  expect(servers.calls.length).toBe(2);
});

test('the folder of a server counts from that of the job', async () => {
  const seen: NamedServer[] = [];
  const servers = serverWith(() => 'x');
  const list: ToolServers['list'] = async (server) => {
    seen.push(server);
    return [read];
  };
  const settings = { ...place(), provider: scripted(['x']).provider, tools: { ...servers.tools, list } };
  await runJob([withTools(['fs.*'])], { ...settings, jobDir: '/job' });
  expect(seen).toEqual([{ name: 'fs', where: { command: 'fs-server', cwd: '/job' } }]);
});

function place() {
  return { ...relaxed, runsDir: tempDir() };
}

function withTools(allow: readonly string[], rounds = 8): PlanStep {
  const tools: Json = { allow: [...allow], servers: { fs: { command: 'fs-server' } }, rounds };
  const step = ask('q');
  return { ...step, fields: { ...step.fields, tools } };
}

function call(args: JsonObject) {
  return { id: 'call_7', name: 'fs__read_file', arguments: JSON.stringify(args) };
}

function calling(args: JsonObject): Reply {
  return { text: 'Let me look.', finishReason: 'tool_calls', usage: {}, toolCalls: [call(args)] };
}

function serverWith(answer: (args: JsonObject) => string) {
  const calls: JsonObject[] = [];
  const tools: ToolServers = {
    list: async () => [read],
    async call(_, { args }) {
      calls.push(args);
      return { text: answer(args), isError: false };
    },
    close: async () => undefined,
  };
  return { tools, calls };
}

function typesOf(events: readonly { readonly type: string }[]): string[] {
  return events.map(({ type }) => type).filter((type) => /^(llm|tool)\./.test(type));
}
