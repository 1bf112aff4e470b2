import { answerText, paths } from '../answers.ts';
import { asked, loggingContext, openProvider, quietContext } from '../orch-asks.ts';
import { apiKey, headers, messages, question } from '../question.ts';
import type { Case, Contender, Figure, Row } from '../row.ts';
import { spentPerOperation } from '../timing.ts';
import { withServer } from '../with-server.ts';

export const calls: Row = {
  title: 'a model asked over HTTP: its whole answer, from a server in another process that has it ready',
  medium: 'memory',
  cases: [
    asking(64, [
      { atMost: 1.6, of: 'limit' },
      { atMost: 1 / 4, of: 'openai' },
    ]),
    asking(1, []),
  ],
};

/** Asks once: the text of the answer. */
type Ask = () => Promise<string | undefined | null>;
/** Opened on the base URL of a service, and a folder of its own. */
type Open = (baseUrl: string, dir: string) => Promise<Ask>;

function asking(atOnce: number, targets: Figure['targets']): Case {
  const contend = (open: Open) => contender(atOnce, open);
  return {
    name: `${atOnce} at once`,
    figures: [
      { name: 'cpu', unit: 'µs of CPU a call', targets },
      { name: 'cost', unit: 'µs a call', targets: [] },
    ],
    contenders: {
      orch: contend(orch),
      'orch, no log': contend(orchWithoutLog),
      'orch, read as a stream': contend(orchStream),
      'undici + cockatiel': contend(undiciWithPolicies),
      fetch: contend(plainFetch),
      openai: contend(openai),
      'AI SDK': contend(aiSdk),
      LangChain: contend(langChain),
      limit: contend(undici),
    },
  };
}

function contender(atOnce: number, open: Open): Contender {
  return ({ dir, quick }) =>
    withServer(async (origin) => {
      const ask = await open(origin + paths.whole, dir);
      const count = quick ? 320 : 640;
      const work = async (left: { calls: number }) => {
        while (left.calls-- > 0) {
          const text = await ask();
          if (text !== answerText) throw new Error(`Expected the answer, got ${text?.slice(0, 20)}.`);
        }
      };
      return spentPerOperation(count, async () => {
        const left = { calls: count };
        await Promise.all(Array.from({ length: atOnce }, () => work(left)));
      });
    });
}

async function orch(baseUrl: string, dir: string): Promise<Ask> {
  const provider = await openProvider(baseUrl);
  const context = await loggingContext(dir);
  return async () => (await provider.complete(asked, context())).text;
}

async function orchWithoutLog(baseUrl: string): Promise<Ask> {
  const provider = await openProvider(baseUrl);
  const context = await quietContext();
  return async () => (await provider.complete(asked, context())).text;
}

/** As the engine reads every answer, to show it while it comes. */
async function orchStream(baseUrl: string, dir: string): Promise<Ask> {
  const provider = await openProvider(baseUrl);
  const context = await loggingContext(dir);
  return async () => {
    for await (const delta of provider.stream(asked, context())) if (delta.type === 'done') return delta.reply.text;
    return undefined;
  };
}

/** As far as it is looked at. */
type Completion = { readonly choices: readonly { readonly message: { readonly content: string } }[] };

async function undici(baseUrl: string): Promise<Ask> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent();
  return async () => {
    const body = JSON.stringify({ model: question.model, messages, temperature: 0 });
    const answer = await request(`${baseUrl}/chat/completions`, { method: 'POST', headers, body, dispatcher });
    return ((await answer.body.json()) as Completion).choices[0]?.message.content;
  };
}

/** Its four policies: retry, breaker, timeout, bulkhead. */
async function undiciWithPolicies(baseUrl: string): Promise<Ask> {
  const { Agent, request } = await import('undici');
  const cockatiel = await import('cockatiel');
  const { handleAll } = cockatiel;
  const policy = cockatiel.wrap(
    cockatiel.retry(handleAll, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() }),
    cockatiel.circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new cockatiel.ConsecutiveBreaker(5) }),
    cockatiel.timeout(60_000, cockatiel.TimeoutStrategy.Aggressive),
    cockatiel.bulkhead(64),
  );
  const dispatcher = new Agent();
  return () =>
    policy.execute(async ({ signal }) => {
      const body = JSON.stringify({ model: question.model, messages, temperature: 0 });
      const sent = { method: 'POST', headers, body, dispatcher, signal } as const;
      const answer = await request(`${baseUrl}/chat/completions`, sent);
      return ((await answer.body.json()) as Completion).choices[0]?.message.content;
    });
}

async function plainFetch(baseUrl: string): Promise<Ask> {
  return async () => {
    const body = JSON.stringify({ model: question.model, messages, temperature: 0 });
    const answer = await fetch(`${baseUrl}/chat/completions`, { method: 'POST', headers, body });
    return ((await answer.json()) as Completion).choices[0]?.message.content;
  };
}

async function openai(baseURL: string): Promise<Ask> {
  const { OpenAI } = await import('openai');
  const client = new OpenAI({ baseURL, apiKey });
  return async () => {
    const answer = await client.chat.completions.create({
      model: question.model,
      messages: [...messages],
      temperature: 0,
    });
    return answer.choices[0]?.message.content;
  };
}

async function aiSdk(baseURL: string): Promise<Ask> {
  const { generateText } = await import('ai');
  const { createOpenAI } = await import('@ai-sdk/openai');
  const model = createOpenAI({ baseURL, apiKey }).chat(question.model);
  const { system: instructions, user: prompt } = question;
  return async () => (await generateText({ model, instructions, prompt, temperature: 0 })).text;
}

async function langChain(baseURL: string): Promise<Ask> {
  const { ChatOpenAI } = await import('@langchain/openai');
  const model = new ChatOpenAI({ configuration: { baseURL }, apiKey, model: question.model, temperature: 0 });
  return async () => (await model.invoke([...messages])).text;
}
