import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { OrchError } from '@orch/contracts';
import type {
  Delta,
  Image,
  Message,
  ModelRequest,
  Provider,
  ProviderContext,
  ProviderSettings,
  Reply,
  Rest,
  SentRequest,
  SentResult,
  ToolCall,
  ToolSpec,
} from '@orch/contracts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { failureOf } from './failure-of.ts';
import type { FakeVendor, Said } from './fake-vendor.ts';
import { serve } from './serve.ts';
import type { Seen } from './serve.ts';

type Script = (response: ServerResponse, asked: Seen) => void;

const key = 'sk-plain-words-as-a-key';
const model = 'some-model';
const usage = { tokensIn: 12, tokensOut: 3 };
const whole: Said = { texts: ['Be', 'cause', ' é🙂'], usage };
const calls: readonly ToolCall[] = [
  { id: 'call_a', name: 'weather', arguments: '{"city":"Köln","days":2}' },
  { id: 'call_b', name: 'time', arguments: '{"zone":"CET"}' },
];
const tools: readonly ToolSpec[] = [
  {
    name: 'weather',
    description: 'Tells the weather.',
    inputSchema: { type: 'object', properties: { city: {}, days: {} } },
  },
  { name: 'time', description: 'Tells the time.', inputSchema: { type: 'object', properties: { zone: {} } } },
];

/** What every provider that talks to a server must hold, whoever wrote it. Registers its tests. */
export function providerConformance(vendor: FakeVendor): void {
  const says = (said: Said): Script => pieces(vendor, vendor.stream(said), true);
  const fails =
    (status: number, body: string, headers: Record<string, string> = {}): Script =>
    (response) =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);

  /** A provider whose server answers the first request by the first script, and those after the last by the last. */
  async function setUp(scripts: readonly Script[], settings: Partial<ProviderSettings> = {}) {
    const { url, seen } = await serve((response, asked) => {
      scripts[Math.min(seen.length, scripts.length) - 1]?.(response, asked);
    });
    const clock = new FakeClock();
    const provider = vendor.create(
      { baseUrl: url, apiKey: key, maxRetries: 1, ...settings },
      { clock, random: () => 1 },
    );
    onTestFinished(() => provider.close?.());
    return { provider, seen, clock, ...caller(clock) };
  }

  describe('an answer', () => {
    test('is the same whole as streamed: its pieces in order, then once the whole of it', async () => {
      const { provider, context } = await setUp([says(whole)]);
      const deltas = await readAll(provider.stream(ask(), context));
      const reply = replyOf(deltas);
      expect(deltas.slice(0, -1)).toEqual(whole.texts?.map((text) => ({ type: 'text', text })));
      expect(reply).toMatchObject({ text: 'Because é🙂', finishReason: 'stop', usage });
      expect(reply).not.toHaveProperty('toolCalls');
      expect(await provider.complete(ask(), context)).toEqual(reply);
    });

    test('carries what the server counted, and an estimate that says so where it did not count', async () => {
      const { provider, context, log } = await setUp([says(whole), says({ texts: ['Because it is so.'] })]);
      expect((await provider.complete(ask(), context)).usage).not.toHaveProperty('estimated');
      const { usage: estimate } = await provider.complete(ask(), context);
      expect(estimate).toMatchObject({ estimated: true });
      expect(Math.min(estimate.tokensIn ?? 0, estimate.tokensOut ?? 0)).toBeGreaterThan(0);
      expect(log.at(-1)).toMatchObject({ ok: true, reply: { usage: { estimated: true } } });
    });

    test.each(vendor.finishes)('that ends with %s has the end %s', async (finish, finishReason) => {
      const { provider, context } = await setUp([says({ ...whole, finish })]);
      expect(await provider.complete(ask(), context)).toMatchObject({ finishReason, text: 'Because é🙂' });
    });

    test('hands on each call of a tool whole, those made at once too', async () => {
      const { provider, context } = await setUp([says({ texts: ['Let me see.'], calls, usage })]);
      const deltas = await readAll(provider.stream(ask({ tools }), context));
      const { toolCalls = [], finishReason, text } = replyOf(deltas);
      expect([finishReason, text]).toEqual(['tool_calls', 'Let me see.']);
      expect(toolCalls.map(meaning)).toEqual(calls.map(meaning));
      expect(deltas.flatMap((delta) => (delta.type === 'tool_call' ? [delta.call] : []))).toEqual(toolCalls);
      expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2);
      if (vendor.namesCalls) expect(toolCalls.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
    });
  });

  describe('a question', () => {
    test('brings the system text, images where it takes them, tools, calls and what they returned', async () => {
      const { provider, context, seen } = await setUp([says(whole)]);
      const images = provider.can.images ? [image] : [];
      await provider.complete(ask({ messages: conversationAbout(images), tools }), context);
      const sent = JSON.stringify(seen[0]?.body);
      const texts = [
        'Be brief.',
        'What is this?',
        'Rain, 7 degrees',
        'It failed.',
        model,
        ...images.map(({ data }) => data),
      ];
      for (const part of [...texts, 'Tells the weather.', 'Tells the time.', 'weather', 'Köln', 'zone'])
        expect(sent).toContain(part);
    });

    test('brings the key among its headers only, and the schema of the answer', async () => {
      const { provider, context, seen } = await setUp([says(whole)]);
      const schema = { type: 'object', properties: { reason: { type: 'string' } }, required: ['reason'] };
      await provider.complete(ask({ schema }), context);
      const [headers, body] = [JSON.stringify(seen[0]?.headers), JSON.stringify(seen[0]?.body)];
      expect(headers).toContain(key);
      expect(`${seen[0]?.url} ${body}`).not.toContain(key);
      expect(body).toContain('reason');
    });

    test('that the server of another host shall answer is not repeated there', async () => {
      const other = await serve((response) => void response.end());
      const { provider, context, seen } = await setUp([fails(307, '', { location: `${other.url}/` })]);
      expect(await failureOf(provider.complete(ask(), context))).toMatchObject({ code: 'unconfigured' });
      expect([seen.length, other.seen.length]).toEqual([1, 0]);
    });
  });

  describe('a cancel', () => {
    test('before the first byte closes the socket at once, and is told to the hook', async () => {
      const [arrived, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const silent: Script = (response) => arrived.resolve(void response.on('close', closed.resolve));
      const { provider, context, cancel, log } = await setUp([silent]);
      const work = failureOf(provider.complete(ask(), context));
      await arrived.promise;
      const reason = new OrchError('interrupted', 'Ctrl-C');
      cancel.abort(reason);
      expect(await work).toBe(reason);
      await closed.promise;
      expect(log).toMatchObject([{ try: 1 }, { try: 1, ok: false, willRetry: false, error: { code: 'interrupted' } }]);
    });

    test('in the middle of an answer closes it too, and so does a reader that stops', async () => {
      for (const stop of ['cancel', 'return']) {
        const closed = Promise.withResolvers<void>();
        const halfway: Script = (response, asked) => {
          response.on('close', closed.resolve);
          pieces(vendor, vendor.stream(whole).slice(0, -1), false)(response, asked);
        };
        const { provider, context, cancel, log } = await setUp([halfway]);
        const read = async (): Promise<void> => {
          for await (const delta of provider.stream(ask(), context)) {
            expect(delta.type).toBe('text');
            if (stop === 'return') return;
            cancel.abort();
          }
        };
        if (stop === 'return') await read();
        else expect(await failureOf(read())).toMatchObject({ code: 'canceled' });
        await closed.promise;
        expect(log.at(-1)).toMatchObject({ ok: false, willRetry: false });
      }
    });
  });

  describe('a failure', () => {
    test.each(['broken off', 'ended'])(
      'of a stream that is %s is one of the network, tried again whole',
      async (how) => {
        const first = vendor.stream(whole).slice(0, 1);
        const cut: Script = how === 'ended' ? pieces(vendor, first, true) : broken(vendor, first);
        const { provider, context, log, rests } = await setUp([cut, says(whole)]);
        const deltas = await readAll(provider.stream(ask(), context));
        expect(deltas.filter(({ type }) => type === 'done')).toHaveLength(1);
        expect(replyOf(deltas).text).toBe('Because é🙂');
        expect(log).toMatchObject([
          { try: 1 },
          { try: 1, ok: false, willRetry: true, error: { code: 'network' } },
          { try: 2 },
          { try: 2, ok: true, reply: { text: 'Because é🙂' } },
        ]);
        expect(rests).toEqual([{ ms: 500, reason: 'backoff' }]);
        const alone = await setUp([cut], { maxRetries: 0 });
        const got: Delta[] = [];
        const work = (async () => {
          for await (const delta of alone.provider.stream(ask(), alone.context)) got.push(delta);
        })();
        expect(await failureOf(work)).toMatchObject({ code: 'network', retryable: false });
        expect(got.map(({ type }) => type)).not.toContain('done');
      },
    );

    test('of a stream that broke off after some words tells what they took, estimated', async () => {
      const texts = vendor.stream(whole);
      const said = texts.slice(0, 1 + texts.findIndex((text) => text.includes('Be')));
      const { provider, context, log } = await setUp([broken(vendor, said)], { maxRetries: 0 });
      await failureOf(provider.complete(ask(), context));
      expect(log.at(-1)).toMatchObject({ ok: false, usage: { tokensIn: 1, tokensOut: 1, estimated: true } });
    });

    test.each([
      [400, 'bad_request', 1],
      [401, 'auth', 1],
      [403, 'auth', 1],
      [404, 'model_missing', 1],
      [429, 'rate_limit', 2],
      [500, 'server', 2],
      [503, 'server', 2],
      [529, 'server', 2],
    ])('HTTP %i is %s, sent %i times, and its words come without the key', async (status, code, times) => {
      const body = status === 404 ? vendor.missing(model) : vendor.error(`Not for ${key}.`);
      const { provider, context, seen, log } = await setUp([fails(status, body, { 'x-request-id': key })]);
      const error = await failureOf(provider.complete(ask(), context));
      expect(error).toMatchObject({ code, retryable: false });
      expect(seen).toHaveLength(times);
      expect(inspect([error, log], { depth: 9 })).not.toContain(key);
    });

    test('is waited out as long as the server says', async () => {
      const { provider, context, rests } = await setUp([
        fails(429, vendor.error('slow down'), { 'retry-after': '3600' }),
        says(whole),
      ]);
      expect((await provider.complete(ask(), context)).text).toBe('Because é🙂');
      expect(rests).toEqual([{ ms: 3_600_000, reason: 'retry_after' }]);
    });
  });

  describe('the service', () => {
    const about =
      (...models: readonly string[]): Script =>
      (response, asked) => {
        const body = vendor.about(models, asked);
        response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(body ?? vendor.missing('it'));
      };

    test('has the model that it is checked for, or says that it does not', async () => {
      const { provider, context } = await setUp([about('another', model)]);
      expect(await provider.check(model, context)).toMatchObject({ model });
      const error = await failureOf(provider.check('no-such-model', context));
      expect(error.code).toBe('model_missing');
      expect(error.message).toContain('no-such-model');
    });

    test('lists its models', async () => {
      const { provider, context } = await setUp([about('another', model)]);
      const models = await provider.models?.(context);
      expect(models?.map(({ id }) => id).toSorted()).toEqual(['another', model]);
    });

    test('that does not let us in, or is not there, is said so, without the key', async () => {
      const { provider, context } = await setUp([fails(401, vendor.error(`Not for ${key}.`))]);
      const refused = await failureOf(provider.check(model, context));
      expect([refused.code, typeof refused.hint]).toEqual(['auth', 'string']);
      expect(inspect(refused, { depth: 9 })).not.toContain(key);
      const gone = await setUp([(response) => void response.destroy()]);
      expect(await failureOf(gone.provider.check(model, gone.context))).toMatchObject({
        code: 'network',
        retryable: false,
      });
    });
  });
}

/** Writes the pieces one by one. */
function pieces(vendor: FakeVendor, texts: readonly string[], isAll: boolean): Script {
  return (response) => {
    response.setHeader('content-type', vendor.contentType);
    for (const text of texts) response.write(text);
    if (isAll) response.end();
  };
}

/** Writes the pieces, then closes the connection in the middle. */
function broken(vendor: FakeVendor, texts: readonly string[]): Script {
  return (response) => {
    response.setHeader('content-type', vendor.contentType);
    response.write(texts.join(''), () => response.destroy());
  };
}

type Caller = {
  readonly context: ProviderContext;
  readonly cancel: AbortController;
  readonly log: readonly (SentRequest | SentResult)[];
  readonly rests: readonly Rest[];
};

/** Keeps what it is told. Its waits are over as soon as they begin. */
function caller(clock: FakeClock): Caller {
  const cancel = new AbortController();
  const log: (SentRequest | SentResult)[] = [];
  const rests: Rest[] = [];
  const context: ProviderContext = {
    signal: cancel.signal,
    clock,
    beforeRequest: async (sent) => void log.push(sent),
    afterRequest: async (result) => void log.push(result),
    async rest(what, wait) {
      rests.push(what);
      const over = wait();
      await clock.advance(what.ms);
      await over;
    },
  };
  return { context, cancel, log, rests };
}

const image: Image = { mediaType: 'image/png', data: 'iVBORw0KGgo=' };

function conversationAbout(images: readonly Image[]): readonly Message[] {
  return [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'What is this?', images },
    { role: 'assistant', content: 'Let me see.', toolCalls: calls },
    { role: 'tool', callId: 'call_a', name: 'weather', content: 'Rain, 7 degrees' },
    { role: 'tool', callId: 'call_b', name: 'time', content: 'It failed.', isError: true },
  ];
}

function ask(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model,
    messages: [{ role: 'user', content: 'Why?' }],
    options: {},
    asked: { step: 'a', sample: 0, messagesSha256: '0'.repeat(64) },
    ...changes,
  };
}

async function readAll(deltas: ReturnType<Provider['stream']>): Promise<Delta[]> {
  const all: Delta[] = [];
  for await (const delta of deltas) all.push(delta);
  return all;
}

/** What the last of them carries. */
function replyOf(deltas: readonly Delta[]): Reply {
  const last = deltas.at(-1);
  if (last?.type !== 'done') throw new Error(`Expected the whole answer at the end, got ${JSON.stringify(last)}.`);
  return last.reply;
}

function meaning({ name, arguments: args }: ToolCall): unknown {
  return { name, arguments: JSON.parse(args) as unknown };
}
