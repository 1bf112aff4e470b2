import { OrchError } from '@orch/contracts';
import type { ModelRequest, Provider, ProviderContext, Reply } from '@orch/contracts';
import { cancellation } from './cancellation.ts';
import { toFinal } from './try-end.ts';

/** What a provider states that answers by itself, without a server. */
export type OfflineVendor = {
  readonly name: string;
  /** Throws an OrchError when it has no answer. */
  readonly answer: (request: ModelRequest) => Reply;
  readonly check: Provider['check'];
};

/**
 * A provider that needs no server and no model. The hooks run around each answer as around a request that is sent;
 * the answer comes in pieces; and it is never kept for other runs.
 */
export function defineOfflineProvider({ name, answer, check }: OfflineVendor): Provider {
  const complete = async (request: ModelRequest, context: ProviderContext): Promise<Reply> => {
    const { signal, clock } = context;
    if (signal.aborted) throw cancellation(signal);
    await context.beforeRequest?.({ try: 1 });
    const started = clock.monotonic();
    const result = attempt(() => answer(request));
    const tried = { try: 1, durationMs: clock.monotonic() - started };
    if (result.ok) {
      await context.afterRequest?.({ ...tried, ok: true, reply: result.reply });
      return result.reply;
    }
    await context.afterRequest?.({ ...tried, ok: false, error: result.error, willRetry: false });
    throw result.error;
  };
  return {
    name,
    can: { schema: true, tools: true, images: true, local: true, shareable: false },
    identify: () => ({ name, model: name, opts: {} }),
    complete,
    async *stream(request, context) {
      const reply = await complete(request, context);
      for (const text of pieces(reply.text)) yield { type: 'text', text };
      for (const call of reply.toolCalls ?? []) yield { type: 'tool_call', call };
      yield { type: 'done', reply };
    },
    check,
  };
}

type Attempt = { readonly ok: true; readonly reply: Reply } | { readonly ok: false; readonly error: OrchError };

function attempt(answer: () => Reply): Attempt {
  try {
    return { ok: true, reply: answer() };
  } catch (error) {
    return { ok: false, error: toFinal(OrchError.from(error), 1) };
  }
}

/** Whole characters only. */
function pieces(text: string): readonly string[] {
  return text.match(/[\s\S]{1,256}/gu) ?? [];
}
