import { OrchError } from '@orch/contracts';
import type { FinishReason, Reply, Usage } from '@orch/contracts';
import { classifyHttp, cutStream, decodeSse } from '@orch/providers-core';
import type { AnswerDelta } from '@orch/providers-core';

/** One chunk of a streamed completion, or a whole one, as far as it is read. */
type Completion = {
  readonly model?: unknown;
  readonly choices?: readonly (Choice | null)[];
  readonly usage?: {
    readonly prompt_tokens?: unknown;
    readonly completion_tokens?: unknown;
    readonly prompt_tokens_details?: { readonly cached_tokens?: unknown } | null;
  } | null;
  readonly error?: unknown;
};

type Choice = { readonly delta?: Said | null; readonly message?: Said | null; readonly finish_reason?: unknown };
type Said = { readonly content?: unknown; readonly refusal?: unknown };

/** A streamed answer: chunks of text, one with the reason of its end, one with the usage, then `[DONE]`. */
export async function* readDeltas(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AnswerDelta, Reply> {
  const draft = newDraft();
  for await (const { data } of decodeSse(chunks)) {
    if (data === '[DONE]') return toReply({ ...draft, finish: draft.finish ?? 'other' });
    const piece = take(parseChunk(data), draft);
    if (piece !== '') yield { type: 'text', text: piece };
  }
  return toReply(draft);
}

/** The same in one value, from a server that does not stream. */
export function readReply(body: unknown): Reply {
  const draft = newDraft();
  take(toCompletion(body), draft);
  return toReply(draft);
}

type Draft = {
  text: string;
  refused: boolean;
  finish: FinishReason | undefined;
  usage: Usage;
  model: string | undefined;
};

function newDraft(): Draft {
  return { text: '', refused: false, finish: undefined, usage: {}, model: undefined };
}

function parseChunk(data: string): Completion {
  try {
    return toCompletion(JSON.parse(data));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OrchError('bad_response', `Expected a chunk of JSON, got \`${data.slice(0, 200)}\`.`);
  }
}

function toCompletion(value: unknown): Completion {
  const completion: Completion = typeof value === 'object' && value !== null ? value : {};
  if (completion.error !== undefined && completion.error !== null) throw classifyHttp(200, {}, completion);
  return completion;
}

/** Adds a chunk to the draft; returns the text it brought. A refusal is text too. */
function take({ model, choices, usage }: Completion, draft: Draft): string {
  const choice = choices?.[0];
  const said = choice?.delta ?? choice?.message;
  const refusal = textOf(said?.refusal);
  const piece = textOf(said?.content) + refusal;
  draft.text += piece;
  draft.refused ||= refusal !== '';
  if (typeof choice?.finish_reason === 'string') draft.finish = toFinishReason(choice.finish_reason);
  if (usage !== undefined && usage !== null) draft.usage = toUsage(usage);
  if (typeof model === 'string' && model !== '') draft.model = model;
  return piece;
}

function toReply({ text, refused, finish, usage, model }: Draft): Reply {
  if (finish === undefined) throw cutStream();
  const finishReason = refused ? 'refused' : finish;
  return { text, finishReason, usage, ...(model !== undefined && { modelReported: model }) };
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'refused',
};

function toFinishReason(reason: string): FinishReason {
  return finishReasons[reason] ?? 'other';
}

function toUsage(usage: NonNullable<Completion['usage']>): Usage {
  return {
    tokensIn: countOf(usage.prompt_tokens),
    tokensOut: countOf(usage.completion_tokens),
    tokensCached: countOf(usage.prompt_tokens_details?.cached_tokens),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
