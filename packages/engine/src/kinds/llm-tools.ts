import { parseJson } from '@orch/answers';
import { OrchError, err, ok } from '@orch/contracts';
import type { Answer, JsonObject, Message, Question, Result, StepHost, ToolCall, ToolSpec } from '@orch/contracts';
import type { LlmInput } from './llm-input.ts';

type Given = NonNullable<LlmInput['tools']>;

/** A tool as the model knows it, and where it is. */
export type Tool = {
  readonly spec: ToolSpec;
  readonly server: string;
  readonly where: Given['servers'][string];
  /** Of the server. */
  readonly name: string;
};

export type Conversation = { readonly answer: Answer; readonly messages: readonly Message[] };

/** The tools that the step allows, of the servers that it names, in an order that is always the same. Throws what the servers do. */
export async function findTools({ allow, servers }: Given, host: StepHost): Promise<Result<readonly Tool[]>> {
  const tools: Tool[] = [];
  for (const [server, where] of Object.entries(servers)) {
    const patterns = allow.filter((one) => one.startsWith(`${server}.`)).map((one) => one.slice(server.length + 1));
    if (patterns.length === 0) continue;
    const listed = await host.tools.list({ name: server, where }, host.signal);
    const missing = patterns.find((pattern) => listed.every(({ name }) => !fits(pattern, name)));
    if (missing !== undefined) return err(noSuchTool(server, missing, listed));
    const wanted = listed.filter(({ name }) => patterns.some((pattern) => fits(pattern, name)));
    for (const spec of wanted)
      tools.push({ server, where, name: spec.name, spec: { ...spec, name: wireName(server, spec.name) } });
  }
  return ok(unique(tools.toSorted(byName)));
}

function byName(a: Tool, b: Tool): number {
  const [one, other] = [a, b].map(({ server, name }) => `${server}.${name}`) as [string, string];
  return one < other ? -1 : Number(one > other);
}

/** Asks, calls what the model asks to have called, and asks again: until it asks for nothing more. */
export async function converse(
  host: StepHost,
  question: Question,
  { tools, rounds }: { readonly tools: readonly Tool[]; readonly rounds: number },
): Promise<Result<Conversation>> {
  const specs = tools.map(({ spec }) => spec);
  let first: Answer | undefined;
  for (let { messages } = question, round = 0; ; round++) {
    const asked = await host.ask({ ...question, messages, ...(specs.length > 0 && { tools: specs }) });
    if (!asked.ok) return asked;
    const answer = asked.value;
    const { toolCalls: calls = [], text } = answer.reply;
    if (calls.length === 0) return ok({ answer, messages });
    first ??= answer;
    if (round >= rounds) return endless(host, first, rounds);
    const results = await callAll(host, { calls, tools, key: answer.key });
    if (!results.ok) return results;
    messages = [...messages, { role: 'assistant', content: text, toolCalls: calls }, ...results.value];
  }
}

type Calls = { readonly calls: readonly ToolCall[]; readonly tools: readonly Tool[]; readonly key: string };

async function callAll(host: StepHost, { calls, tools, key }: Calls): Promise<Result<Message[]>> {
  const results: Message[] = [];
  for (const [at, call] of calls.entries()) {
    const tool = tools.find(({ spec }) => spec.name === call.name);
    const answered = await callOne(host, { call, tool, id: `${key.slice(0, 12)}.${at + 1}`, known: tools });
    if (!answered.ok) return answered;
    const { text, isError } = answered.value;
    host.log(`\n${call.name}: ${text}\n`);
    results.push({ role: 'tool', callId: call.id, name: call.name, content: text, ...(isError && { isError }) });
  }
  return ok(results);
}

type OneCall = {
  readonly call: ToolCall;
  readonly tool: Tool | undefined;
  readonly id: string;
  readonly known: readonly Tool[];
};

/** What cannot be called is told to the model, who may do better. */
async function callOne(host: StepHost, { call, tool, id, known }: OneCall) {
  if (tool === undefined) {
    const names = known.map(({ spec }) => spec.name).join(', ');
    return ok({ text: `There is no tool ${call.name}. There are: ${names}.`, isError: true });
  }
  const args = readArguments(call, tool);
  if (!args.ok) {
    const why = args.error.message.replace('in the answer', 'as arguments');
    return ok({ text: `${tool.spec.name} was not called. ${why}`, isError: true });
  }
  const { server, where, name } = tool;
  return host.callTool({ call: id, server, where, name, args: args.value });
}

/** Fits the schema of the tool; where that cannot be read, the server's own to check. */
function readArguments({ arguments: written }: ToolCall, { spec }: Tool): Result<JsonObject> {
  const text = written.trim() === '' ? '{}' : written;
  const { $schema: _, ...schema } = spec.inputSchema;
  const checked = parseJson(text, { ...schema, type: 'object' });
  const parsed = !checked.ok && checked.error.code === 'spec' ? parseJson(text, { type: 'object' }) : checked;
  return parsed.ok ? ok(parsed.value as JsonObject) : parsed;
}

/** As often as that, and no end in sight: the same question would lead there again. */
async function endless(host: StepHost, first: Answer, rounds: number): Promise<Result<never>> {
  const message = `Expected an answer after at most ${rounds} rounds of calling tools, the model asks for more.`;
  await host.reject(first, 'tools', message);
  return err(new OrchError('bad_answer', message, { hint: 'Raise `tool_rounds`, or ask for less.' }));
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name);
}

const mostOfName = 64;

/** In the letters that all vendors take. */
function wireName(server: string, name: string): string {
  return `${server}__${name}`.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, mostOfName);
}

/** Of two that came to be called the same, the second has a number. */
function unique(tools: readonly Tool[]): Tool[] {
  const taken = new Set<string>();
  return tools.map((tool) => {
    let { name } = tool.spec;
    for (let n = 2; taken.has(name); n++) name = `${tool.spec.name.slice(0, mostOfName - 1 - String(n).length)}_${n}`;
    taken.add(name);
    return { ...tool, spec: { ...tool.spec, name } };
  });
}

function noSuchTool(server: string, name: string, listed: readonly ToolSpec[]): OrchError {
  const names = listed.map((tool) => tool.name).join(', ');
  return new OrchError(
    'tool_failed',
    `Expected the server ${server} to have a tool ${name}, it has ${names || 'none'}.`,
    { hint: 'Name one of these under `tools`.', retryable: false },
  );
}
