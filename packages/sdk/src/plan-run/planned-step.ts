import type { ModelRequest, Plan, PlanStep } from '@orch/contracts';
import { estimateTokens } from '@orch/providers-core';
import type { Answers } from './answers.ts';
import { mostCalls } from './most-calls.ts';
import type { PlannedCache, PlannedStep } from './planned-run.ts';
import type { ProbedStep } from './probe-steps.ts';

export type Foreseen = {
  readonly level: number;
  readonly neededBy: readonly string[];
  readonly probed: ReadonlyMap<string, ProbedStep>;
  readonly answers: Answers;
  /** Steps of earlier levels. */
  readonly planned: readonly PlannedStep[];
  readonly limit: number | undefined;
  readonly plan: Pick<Plan, 'provider'>;
};

/** What is known of one step before the run. */
export async function planStep(step: PlanStep, foreseen: Foreseen): Promise<PlannedStep> {
  const { level, neededBy, probed, answers, limit, plan } = foreseen;
  const { id, kind, needs, accept, when } = step;
  const probe = probed.get(id);
  const items = itemsOf(step, foreseen);
  const skipped = probe !== undefined && probe.skipped > 0 && (step.each === undefined || items === undefined);
  const known = kind === 'llm' && probe?.error === undefined ? probe?.requests : undefined;
  const asked = known && (await askedOf(step, known, answers));
  const calls = skipped ? { least: 0, most: 0 } : callsOf(step, { items, asked, limit, plan });
  const who = kind === 'llm' ? answers.who(step) : undefined;
  return {
    ...{ id, kind, level, needs, neededBy, skipped },
    ...(accept !== undefined && { accept }),
    ...(when !== undefined && { when }),
    ...(items !== undefined && !skipped && { items }),
    ...(who !== undefined && { provider: who }),
    cache: cacheOf(step, asked),
    calls,
    tokens: skipped || !(kind === 'llm' || kind === 'job' || calls.most === null) ? 0 : (asked?.tokens ?? null),
    ...(probe?.error !== undefined && { error: probe.error }),
  };
}

/** Null while not known; undefined when the step does not fan out. */
function itemsOf({ id, each }: PlanStep, { probed, planned }: Foreseen): number | null | undefined {
  if (each === undefined) return undefined;
  const probe = probed.get(id);
  if (probe !== undefined) return probe.items ?? (probe.skipped > 0 ? undefined : null);
  return ('from' in each ? planned.find((step) => step.id === each.from)?.items : undefined) ?? null;
}

type Asked = {
  readonly questions: number;
  /** Undefined while who answers is not known. */
  readonly stored: number | undefined;
  /** Of those that are not stored. */
  readonly tokens: number;
};

async function askedOf(step: PlanStep, requests: readonly ModelRequest[], answers: Answers): Promise<Asked> {
  let stored: number | undefined = 0;
  let tokens = 0;
  for (const request of requests) {
    const found = hasTools(step) ? undefined : await answers.isStored(step, request);
    stored = stored === undefined || found === undefined ? undefined : stored + Number(found);
    if (found !== true) tokens += estimateTokens(request.messages);
  }
  return { questions: requests.length, stored, tokens };
}

/** What it asks names the tools that their servers have, and they are not asked. */
function hasTools({ kind, fields }: PlanStep): boolean {
  return kind === 'llm' && fields['tools'] !== undefined;
}

function cacheOf(step: PlanStep, asked: Asked | undefined): PlannedCache {
  const { kind, cache, needs } = step;
  const isCached = kind === 'llm' ? cache !== 'off' && cache !== 'refresh' : cache === 'on';
  if (!isCached) return { is: 'never' };
  if (needs.length > 0) return { is: 'unknown', until: `${needs.join(', ')} ran` };
  if (kind !== 'llm' || hasTools(step)) return { is: 'unknown', until: 'it runs' };
  if (asked?.stored !== undefined) return { is: 'known', stored: asked.stored, of: asked.questions };
  return { is: 'unknown', until: asked === undefined ? 'it runs' : 'the provider and its model are known' };
}

type Counted = {
  readonly items: number | null | undefined;
  readonly asked: Asked | undefined;
  readonly limit: number | undefined;
  readonly plan: Pick<Plan, 'provider'>;
};

function callsOf(step: PlanStep, { items, asked, limit, plan }: Counted): PlannedStep['calls'] {
  const missing = asked?.stored === undefined ? undefined : asked.questions - asked.stored;
  const most = asked?.questions ?? items ?? Math.min(step.each?.max_items ?? 1, limit ?? Infinity);
  const isSure = missing !== undefined || (step.kind === 'llm' && asked !== undefined && step.cache === 'off');
  // A stored answer that is found wrong is asked for again.
  const mayReject = (step.assert?.length ?? 0) > 0 || step.repeat_until !== undefined;
  const tried = missing === undefined || mayReject ? most : missing;
  return { least: isSure ? (missing ?? 0) : 0, most: mostCalls(step, tried, plan) };
}
