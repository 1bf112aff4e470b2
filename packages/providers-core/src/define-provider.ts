import { OrchError } from '@orch/contracts';
import type {
  Capabilities,
  JsonObject,
  ModelRequest,
  Provider,
  ProviderContext,
  ProviderIdentity,
  Reply,
} from '@orch/contracts';
import type { BodyReader } from './body-reader.ts';
import { headerOf } from './http-headers.ts';
import type { HttpHeaders } from './http-headers.ts';
import type { Http, StreamRequest, AnswerDelta } from './http.ts';
import { questionTokens, withUsage } from './estimated-usage.ts';
import type { Metered } from './estimated-usage.ts';
import { readJson } from './read-json.ts';

/** A question that names its model. */
export type AskedModel = ModelRequest & { readonly model: string };

export type VendorRequest = Pick<StreamRequest, 'url' | 'headers'> & { readonly body: JsonObject };

/** What one vendor states; everything else is the same for all of them. */
export type Vendor = {
  readonly name: string;
  readonly can: Capabilities;
  readonly http: Http;
  /** Who will answer, and with what options. Throws `usage` for an option that the vendor does not know. */
  identify(request: AskedModel): ProviderIdentity;
  /** The request for a streamed answer. */
  request(request: AskedModel): VendorRequest;
  /** What reads one streamed answer: `readSse` or `readNdjson` of what the vendor's events say. */
  deltas(): BodyReader<AnswerDelta, Reply>;
  /** Reads an answer that came as one JSON value, from a server that does not stream. */
  reply(body: unknown): Reply;
  check: Provider['check'];
  models?: Provider['models'];
  /** What to do about an error of an exchange, where the vendor knows better. */
  hint?(error: OrchError, model: string): string | undefined;
};

/** A provider made of what its vendor states. */
export function defineProvider(vendor: Vendor): Provider {
  const { name, can, http } = vendor;
  const ask = (request: ModelRequest, context: ProviderContext): StreamRequest => {
    const asked = withModel(name, request);
    let meter: Metered | undefined;
    return {
      ...vendor.request(asked),
      context,
      circuit: asked.model,
      tokens: questionTokens(asked) + (asked.options.max_tokens ?? 0),
      resilience: asked.resilience,
      read: (headers) => (meter = withUsage(readerOf(vendor, headers), asked)),
      spent() {
        const spent = meter?.spent();
        meter = undefined;
        return spent;
      },
      hint: (error) => vendor.hint?.(error, asked.model),
    };
  };
  return {
    name,
    can,
    identify: (request) => vendor.identify(withModel(name, request)),
    complete: async (request, context) => http.collect(ask(request, context)),
    stream: (request, context) => ({ [Symbol.asyncIterator]: () => http.stream(ask(request, context)) }),
    check: (model, context) => vendor.check(model, context),
    ...(vendor.models !== undefined && { models: vendor.models }),
    waiting: (model) => http.waiting(model),
    close: () => http.close(),
  };
}

function withModel(name: string, request: ModelRequest): AskedModel {
  const { model } = request;
  if (model !== undefined && model !== '') return { ...request, model };
  throw new OrchError('unconfigured', `Expected ${name} to be told which model shall answer, got none.`, {
    hint: `Name it: --provider ${name}:MODEL.`,
  });
}

function readerOf(vendor: Vendor, headers: HttpHeaders): BodyReader<AnswerDelta, Reply> {
  const type = headerOf(headers, 'content-type') ?? '';
  return /^application\/json\b/i.test(type) ? readWhole(vendor) : vendor.deltas();
}

function readWhole(vendor: Vendor): BodyReader<AnswerDelta, Reply> {
  const json = readJson();
  return {
    push: (chunk) => void json.push(chunk, () => {}),
    end(say) {
      const reply = vendor.reply(json.end(() => {}));
      if (reply.text !== '') say({ type: 'text', text: reply.text });
      for (const call of reply.toolCalls ?? []) say({ type: 'tool_call', call });
      return reply;
    },
  };
}
