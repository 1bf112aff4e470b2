import { cacheKey, canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CacheMode, Digest, ModelRequest, Preimage, Provider, Question } from '@orch/contracts';
import { hideValue } from '@orch/secrets';
import { choiceOf } from './choice.ts';
import { digestQuestion } from './message-digests.ts';
import { toPreimage } from './to-preimage.ts';
import type { Tally } from './purchase.ts';
import type { RunContext } from '../run/run-context.ts';

/** The attempt that asks. */
export type Asker = {
  readonly step: string;
  readonly item: string | undefined;
  readonly cache: CacheMode;
  readonly signal: AbortSignal;
  /** When the attempt must have ended, by the monotonic clock. */
  readonly deadline: number | undefined;
  readonly log: (text: string) => void;
  readonly tally: Tally;
  /** A key of the plan's `providers`; the plan's `provider` unless given. */
  readonly provider: string | undefined;
  /** The sample to begin with, and keys of answers that will not do in this attempt. */
  readonly wanted: { readonly first: number; readonly passed: ReadonlySet<Digest> };
};

/** A question as it will be sent, and its key. */
export type Posed = {
  readonly provider: Provider;
  readonly request: ModelRequest;
  readonly preimage: Preimage;
  readonly key: Digest;
};

/** Puts a question to a provider; instead of an answer that was rejected before it asks for the next sample. */
export function pose(run: RunContext, provider: Provider | undefined, asked: Question, asker: Asker): Posed {
  if (provider === undefined) {
    const named = asker.provider === undefined ? '' : ` for its provider ${asker.provider}`;
    throw new OrchError('unconfigured', `Step ${asker.step} asks a model, and nobody was chosen${named} to answer.`);
  }
  const question = hideValue(asked, run.hider);
  refuseWhatItCannot(provider, question);
  const inputs = digestQuestion(question, run.blobs);
  const { messages, schema: schemaSha256, tools: toolsSha256 } = inputs;
  const digests = { messagesSha256: sha256(canonicalJson(messages)), schemaSha256, toolsSha256 };
  const choice = choiceOf(run, asker);
  for (let sample = asker.wanted.first; ; sample++) {
    const request: ModelRequest = {
      model: question.model ?? choice?.model,
      messages: question.messages,
      options: { ...choice?.options, ...question.options },
      schema: question.schema,
      tools: question.tools,
      resilience: question.resilience,
      asked: { step: asker.step, item: asker.item, sample, ...digests },
    };
    const preimage = toPreimage(provider, request, inputs);
    const key = cacheKey(preimage);
    if (asker.wanted.passed.has(key)) continue;
    if (!run.rejected.has(key)) return { provider, request, preimage, key };
  }
}

function refuseWhatItCannot({ name, can }: Provider, { tools = [], messages }: Question): void {
  if (tools.length > 0 && !can.tools) throw cannot(name, 'takes tools');
  if (!can.images && messages.some((message) => message.role === 'user' && (message.images?.length ?? 0) > 0)) {
    throw cannot(name, 'takes images');
  }
}

function cannot(name: string, what: string): OrchError {
  return new OrchError('usage', `Expected a provider that ${what}, ${name} does not.`, { hint: 'Name another one.' });
}
