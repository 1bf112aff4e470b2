import { characters } from '../answers/texts.ts';
import { chatRequest, chatUrl, textOf } from './chat-request.ts';
import type { Ask, Read } from './client.ts';

export async function askFetch(service: string): Promise<Ask> {
  const url = chatUrl(service);
  return async () => textOf(await (await fetch(url, chatRequest())).json());
}

export async function askUndici(service: string): Promise<Ask> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent();
  const url = chatUrl(service);
  return async () => textOf(await (await request(url, { ...chatRequest(), dispatcher })).body.json());
}

/** With the four policies of cockatiel: retry, breaker, timeout, bulkhead. */
export async function askUndiciWithPolicies(service: string): Promise<Ask> {
  const { Agent, request } = await import('undici');
  const policy = await openPolicy();
  const dispatcher = new Agent();
  const url = chatUrl(service);
  return () =>
    policy.execute(async ({ signal }) =>
      textOf(await (await request(url, { ...chatRequest(), dispatcher, signal })).body.json()),
    );
}

async function openPolicy() {
  const cockatiel = await import('cockatiel');
  const { handleAll } = cockatiel;
  return cockatiel.wrap(
    cockatiel.retry(handleAll, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() }),
    cockatiel.circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new cockatiel.ConsecutiveBreaker(5) }),
    cockatiel.timeout(60_000, cockatiel.TimeoutStrategy.Aggressive),
    cockatiel.bulkhead(64),
  );
}

/** The bytes, and nothing made of them. */
export async function readUndici(service: string): Promise<Read> {
  const open = await openBody(service);
  return async () => {
    let bytes = 0;
    for await (const chunk of await open()) bytes += chunk.length;
    if (bytes < characters) throw new Error(`Expected a whole answer, got ${bytes} bytes.`);
    return undefined;
  };
}

/** The least that gives the same texts one by one. */
export async function readUndiciSse(service: string): Promise<Read> {
  const open = await openBody(service);
  return async () => {
    let found = 0;
    for await (const text of textsOf(await open())) found += text.length;
    return found;
  };
}

type Body = AsyncIterable<Uint8Array>;

const streaming = { stream: true, stream_options: { include_usage: true } };

async function openBody(service: string): Promise<() => Promise<Body>> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent();
  const url = chatUrl(service);
  return async () => (await request(url, { ...chatRequest(streaming), dispatcher })).body as Body;
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
