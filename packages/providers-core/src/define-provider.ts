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
import { headerOf } from './http-headers.ts';
import type { Http, StreamRequest, AnswerDelta } from './http.ts';
import { readJson } from './read-json.ts';
import type { HttpResponse } from './send-once.ts';

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
  /** Reads a streamed answer: yields its text and calls, returns the whole. Throws `network` when it ends before its end. */
  deltas(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AnswerDelta, Reply>;
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
    return {
      ...vendor.request(asked),
      context,
      circuit: asked.model,
      read: (response) => readAnswer(vendor, response),
      hint: (error) => vendor.hint?.(error, asked.model),
    };
  };
  return {
    name,
    can,
    identify: (request) => vendor.identify(withModel(name, request)),
    complete: async (request, context) => http.collect(ask(request, context)),
    async *stream(request, context) {
      yield* http.stream(ask(request, context));
    },
    check: (model, context) => vendor.check(model, context),
    ...(vendor.models !== undefined && { models: vendor.models }),
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

async function* readAnswer(vendor: Vendor, response: HttpResponse): AsyncGenerator<AnswerDelta, Reply> {
  const type = headerOf(response.headers, 'content-type') ?? '';
  if (!/^application\/json\b/i.test(type)) return yield* vendor.deltas(response.chunks);
  const reply = vendor.reply(await readJson(response.chunks));
  if (reply.text !== '') yield { type: 'text', text: reply.text };
  for (const call of reply.toolCalls ?? []) yield { type: 'tool_call', call };
  return reply;
}
