import { OrchError } from '@orch/contracts';
import type {
  Digest,
  ModelRequest,
  Preimage,
  Provider,
  ProviderContext,
  ProviderNotice,
  Reply,
  Usage,
  Where,
} from '@orch/contracts';
import { questionTokens } from '@orch/providers-core';
import type { RunContext } from '../run/run-context.ts';
import type { StoredReply } from './stored-reply.ts';
import { outlast } from './outlast.ts';
import { tellRequest, tellResponse } from './tell-exchange.ts';
import { restFor } from './throttle.ts';

/** What an attempt has spent so far. */
export type Tally = { calls: number; tokensIn: number; tokensOut: number };

export type Purchase = {
  readonly provider: Provider;
  readonly request: ModelRequest;
  readonly preimage: Preimage;
  readonly key: Digest;
  readonly where: Where;
  readonly signal: AbortSignal;
  /** When the attempt must have ended, by the monotonic clock. */
  readonly deadline: number | undefined;
  readonly log: (text: string) => void;
  readonly tally: Tally;
  /** Handed the way to log that the answer came, to be called when it is kept: what is paid for is never only logged. */
  readonly onPaid: (tell: () => void) => void;
};

/** Sends one question. Every request that leaves stands in the log, synced, before it does; its answer right after. */
export async function buyReply(run: RunContext, purchase: Purchase): Promise<StoredReply> {
  const { where, tally, key } = purchase;
  const { name: provider, model, opts: options } = purchase.preimage.provider;
  const prompt_tokens = questionTokens(purchase.request);
  let sent = { request_id: '', provider, model };
  const context: ProviderContext = {
    signal: purchase.signal,
    clock: run.clock,
    deadline: purchase.deadline,
    rest: restFor(run, { provider, model }),
    beforeRequest: ({ try: attempt }) => {
      sent = { request_id: run.ids.ulid(), provider, model };
      tally.calls++;
      const asks = { cache_key: key, try: attempt, options, prompt_tokens };
      return tellRequest(run, { ...sent, ...asks }, where);
    },
    afterRequest: (result) => {
      run.admission.stir();
      addUsage(tally, result.ok ? result.reply.usage : result.usage);
      const tell = () => tellResponse(run, sent, { result, where });
      if (result.ok) purchase.onPaid(tell);
      else tell();
      return Promise.resolve();
    },
    onNotice: (notice) => tellNotice(run, { provider, model }, notice),
  };
  const reply = await outlast(run, purchase, () => streamReply(purchase, context));
  return { ...reply, paid: { job_id: run.jobId, request_id: sent.request_id } };
}

async function streamReply({ provider, request, log }: Purchase, context: ProviderContext): Promise<Reply> {
  for await (const delta of provider.stream(request, context)) {
    if (delta.type === 'done') return delta.reply;
    log(delta.type === 'text' ? delta.text : `\n${delta.call.name}(${delta.call.arguments})\n`);
  }
  throw new OrchError('network', `Expected ${provider.name} to end its answer, the stream stopped before.`);
}

function addUsage(tally: Tally, usage: Usage = {}): void {
  tally.tokensIn += usage.tokensIn ?? 0;
  tally.tokensOut += usage.tokensOut ?? 0;
}

function tellNotice(run: RunContext, who: { provider: string; model: string }, notice: ProviderNotice): void {
  switch (notice.type) {
    case 'circuit.opened':
      return run.journal.push(notice.type, { ...who, cooldown_s: notice.cooldownMs / 1000 });
    case 'warning':
      return run.journal.push('provider.warned', { ...who, message: notice.message });
    default:
      return run.journal.push(notice.type, who);
  }
}
