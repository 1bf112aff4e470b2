import { paths, pieces } from '../answers.ts';
import { asked, openProvider, quietContext } from '../orch-asks.ts';
import { apiKey, headers, messages, question } from '../question.ts';
import type { Contender, Row } from '../row.ts';
import { spentPerOperation } from '../timing.ts';
import { withServer } from '../with-server.ts';

const atOnce = 16;
const targets = [{ atMost: 1.3, of: 'undici + SSE' }];

export const chunks: Row = {
  title: 'answers of 1 000 pieces streamed from a server in another process that has them ready',
  medium: 'memory',
  cases: [
    {
      name: `${atOnce} streams at once`,
      figures: [
        { name: 'cost', unit: 'µs a piece', targets },
        { name: 'cpu', unit: 'µs of CPU a piece', targets },
      ],
      contenders: {
        orch: contender(orch),
        'undici + SSE': contender(undiciSse),
        openai: contender(openai),
        'AI SDK': contender(aiSdk),
        LangChain: contender(langChain),
        limit: contender(undici),
      },
    },
  ],
};

/** Reads one answer as it comes: the characters of its text, or undefined where nobody looked. */
type Read = () => Promise<number | undefined>;
/** Opened on the base URL of a service. */
type Open = (baseUrl: string) => Promise<Read>;

const characters = pieces.join('').length;

function contender(open: Open): Contender {
  return ({ quick }) =>
    withServer(async (origin) => {
      const read = await open(origin + paths.streamed);
      const rounds = quick ? 1 : 2;
      const work = async () => {
        for (let round = 0; round < rounds; round++) {
          const found = (await read()) ?? characters;
          if (found !== characters) throw new Error(`Expected ${characters} characters, got ${found}.`);
        }
      };
      return spentPerOperation(atOnce * rounds * pieces.length, () =>
        Promise.all(Array.from({ length: atOnce }, work)),
      );
    });
}

async function orch(baseUrl: string): Promise<Read> {
  const provider = await openProvider(baseUrl);
  const context = await quietContext();
  return async () => {
    let found = 0;
    for await (const delta of provider.stream(asked, context())) if (delta.type === 'text') found += delta.text.length;
    return found;
  };
}

const streaming = { stream: true as const, stream_options: { include_usage: true } };

type Body = AsyncIterable<Uint8Array>;

async function openBody(baseUrl: string): Promise<() => Promise<Body>> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent();
  const url = `${baseUrl}/chat/completions`;
  return async () => {
    const body = JSON.stringify({ model: question.model, messages, temperature: 0, ...streaming });
    return (await request(url, { method: 'POST', headers, body, dispatcher })).body as Body;
  };
}

/** The bytes, and nothing made of them. */
async function undici(baseUrl: string): Promise<Read> {
  const open = await openBody(baseUrl);
  return async () => {
    let bytes = 0;
    for await (const chunk of await open()) bytes += chunk.length;
    if (bytes < characters) throw new Error(`Expected a whole answer, got ${bytes} bytes.`);
    return undefined;
  };
}

/** The least that gives the same texts one by one. */
async function undiciSse(baseUrl: string): Promise<Read> {
  const open = await openBody(baseUrl);
  return async () => {
    let found = 0;
    for await (const text of textsOf(await open())) found += text.length;
    return found;
  };
}

/** As far as it is looked at. */
type Chunk = { readonly choices: readonly { readonly delta: { readonly content?: string } }[] };

async function* textsOf(body: Body): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
      const text = (JSON.parse(line.slice(6)) as Chunk).choices[0]?.delta.content;
      if (text) yield text;
    }
  }
}

async function openai(baseURL: string): Promise<Read> {
  const { OpenAI } = await import('openai');
  const client = new OpenAI({ baseURL, apiKey });
  const body = { model: question.model, messages: [...messages], temperature: 0, ...streaming };
  return async () => {
    let found = 0;
    const stream = await client.chat.completions.create(body);
    for await (const { choices } of stream) found += choices[0]?.delta.content?.length ?? 0;
    return found;
  };
}

async function aiSdk(baseURL: string): Promise<Read> {
  const { streamText } = await import('ai');
  const { createOpenAI } = await import('@ai-sdk/openai');
  const model = createOpenAI({ baseURL, apiKey }).chat(question.model);
  const { system: instructions, user: prompt } = question;
  return async () => {
    let found = 0;
    for await (const text of streamText({ model, instructions, prompt, temperature: 0 }).textStream)
      found += text.length;
    return found;
  };
}

async function langChain(baseURL: string): Promise<Read> {
  const { ChatOpenAI } = await import('@langchain/openai');
  const model = new ChatOpenAI({ configuration: { baseURL }, apiKey, model: question.model, temperature: 0 });
  return async () => {
    let found = 0;
    for await (const { text } of await model.stream([...messages])) found += text.length;
    return found;
  };
}
