import type { ModelRequest, Provider, Reply } from '@orch/contracts';

export type Scripted = { readonly provider: Provider; readonly asked: ModelRequest[] };

type Script = readonly (string | Reply)[] | ((request: ModelRequest) => string | Reply | Promise<string | Reply>);

/** A provider that gives prepared answers, one after the other, or those that a function finds. */
export function scripted(script: Script, can: Partial<Provider['can']> = {}): Scripted {
  const asked: ModelRequest[] = [];
  const answer = typeof script === 'function' ? script : () => script[asked.length - 1] as string | Reply;
  const stream: Provider['stream'] = async function* (request, context) {
    await context.beforeRequest?.({ try: 1 });
    asked.push(request);
    const next = await answer(request);
    const reply: Reply = typeof next === 'string' ? { text: next, finishReason: 'stop', usage: {} } : next;
    await context.afterRequest?.({ try: 1, durationMs: 1, ok: true, reply });
    yield { type: 'done', reply };
  };
  const provider: Provider = {
    name: 'scripted',
    can: { schema: true, tools: true, images: true, local: true, shareable: true, ...can },
    identify: ({ model = '', options }) => ({ name: 'scripted', model, opts: { ...options } as Record<string, never> }),
    complete: () => Promise.reject(new Error('not used')),
    stream,
    check: async () => ({}),
  };
  return { provider, asked };
}

/** An answer that was cut at its limit. */
export function cut(text: string): Reply {
  return { text, finishReason: 'length', usage: { tokensIn: 1, tokensOut: 1 } };
}
