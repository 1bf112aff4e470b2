import { OrchError } from '@orch/contracts';
import type { Json, JsonObject, PlanStep, Reply, ToolServers, ToolSpec } from '@orch/contracts';
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
  const servers = serverWith(({ path }) => `text of ${String(path)}`);
  const { events, result } = await runJob([withTools(['fs.read.*'])], { ...place(), provider, tools: servers.tools });
  expect(result.manifest.steps['q']?.output?.inline).toBe('It says A.');
  expect(asked[0]?.tools).toEqual([{ ...read, name: 'fs__read_file' }]);
  expect(asked[1]?.messages.slice(1)).toEqual([
    { role: 'assistant', content: 'Let me look.', toolCalls: [call({ path: 'a.md' })] },
    { role: 'tool', callId: 'call_7', name: 'fs__read_file', content: 'text of a.md' },
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
