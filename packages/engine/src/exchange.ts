import { cacheKey, canonicalJson, sha256 } from '@orch/cache';
import { OrchError, err, ok } from '@orch/contracts';
import type {
  Answer,
  CacheMode,
  Digest,
  ModelRequest,
  Preimage,
  Provider,
  Question,
  Reply,
  Result,
} from '@orch/contracts';
import { buyReply } from './purchase.ts';
import type { Tally } from './purchase.ts';
import type { RunContext } from './run-context.ts';
import type { StoredReply } from './stored-reply.ts';

/** The attempt that asks. */
export type Asker = {
  readonly step: string;
  readonly item: string | undefined;
  readonly cache: CacheMode;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  readonly tally: Tally;
};

/** One exchange: answered by an earlier one with the same key, or bought, kept and logged. */
export async function exchange(run: RunContext, question: Question, asker: Asker): Promise<Result<Answer>> {
  try {
    const asked = prepare(run, question, asker);
    const reply = await answer(run, asked, asker);
    const finished = whole(reply, question);
    return finished.ok ? ok({ reply, key: asked.key }) : finished;
  } catch (error) {
    if (OrchError.is(error)) return err(error);
    throw error;
  }
}

type Asked = {
  readonly provider: Provider;
  readonly request: ModelRequest;
  readonly preimage: Preimage;
  readonly key: Digest;
};

/** The question as it will be sent, with its key. Each answer that was rejected before asks for the next sample. */
function prepare(run: RunContext, question: Question, asker: Asker): Asked {
  const { provider } = run;
  if (provider === undefined) {
    throw new OrchError('unconfigured', `Step ${asker.step} asks a model, and no provider was chosen.`);
  }
  const messages = question.messages.map(({ role, content }) => ({ role, sha256: run.blobs.put(content) }));
  const schema = question.schema === undefined ? undefined : run.blobs.put(canonicalJson(question.schema));
  const digests = { messagesSha256: sha256(canonicalJson(messages)), schemaSha256: schema };
  const choice = run.job.plan.provider;
  for (let sample = 0; ; sample++) {
    const request: ModelRequest = {
      model: question.model ?? choice?.model,
      messages: question.messages,
      options: { ...choice?.options, ...question.options },
      schema: question.schema,
      asked: { step: asker.step, item: asker.item, sample, ...digests },
    };
    const inputs = schema === undefined ? { messages } : { messages, schema };
    const preimage = toPreimage(provider, request, inputs);
    const key = cacheKey(preimage);
    if (!run.rejected.has(key)) return { provider, request, preimage, key };
  }
}

function toPreimage(provider: Provider, request: ModelRequest, inputs: Preimage['inputs']): Preimage {
  const { service, ...who } = provider.identify(request);
  const { step, sample } = request.asked;
  return {
    provider: service === undefined ? who : { ...who, service },
    step,
    inputs,
    ...(sample === 0 ? {} : { sample }),
  };
}

async function answer(run: RunContext, asked: Asked, asker: Asker): Promise<StoredReply> {
  const where = { step: asker.step, item: asker.item };
  const { key: cache_key, preimage } = asked;
  let tellPaid = (): void => undefined;
  const onPaid = (tell: () => void): void => void (tellPaid = tell);
  const compute = (signal: AbortSignal): Promise<StoredReply> => {
    if (mode !== 'run' && mode !== 'off') keepPrompts(run, asked.request);
    const { changed } = run.cache.explain(preimage);
    run.journal.push('cache.miss', { cache_key, changed: [...changed] }, where);
    return buyReply(run, { ...asked, where, signal, log: asker.log, tally: asker.tally, onPaid });
  };
  const { signal } = asker;
  const mode = modeOf(asked.provider, asker.cache);
  const found = await run.cache.getOrCompute(preimage, compute, {
    mode,
    signal,
    since: run.now,
  });
  if (found.from === 'computed') tellPaid();
  else run.journal.push('cache.hit', { cache_key, source: found.from }, where);
  return found.value;
}

/** Beside the shared entries, so that a later run can tell line by line in what its prompt differs. */
function keepPrompts(run: RunContext, { messages, schema }: ModelRequest): void {
  for (const { content } of messages) run.sharedBlobs.put(content);
  if (schema !== undefined) run.sharedBlobs.put(canonicalJson(schema));
}

function modeOf(provider: Provider, cache: CacheMode): 'auto' | 'off' | 'refresh' | 'run' {
  if (!provider.can.shareable) return 'run';
  return cache === 'off' || cache === 'refresh' ? cache : 'auto';
}

/** An answer that was cut short or refused is an answer, but not one that a step can use. */
function whole(reply: Reply, question: Question): Result<Reply> {
  if (reply.finishReason === 'length') {
    const limit = question.options.max_tokens;
    const at = limit === undefined ? 'at the limit of the model' : `at max_tokens ${limit}`;
    return err(
      new OrchError('truncated', `Expected a whole answer, it was cut ${at}.`, {
        hint: 'Raise `options.max_tokens` (or `options.num_ctx`), or ask for less.',
      }),
    );
  }
  if (reply.finishReason === 'refused') {
    return err(
      new OrchError('refused', 'Expected an answer, the model refused to give one.', { hint: 'Change the prompt.' }),
    );
  }
  return ok(reply);
}
