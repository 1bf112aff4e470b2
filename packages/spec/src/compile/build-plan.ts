import type { Json, JsonObject, Plan, PlanStep, ProviderChoice } from '@orch/contracts';
import type { Draft, DraftStep } from '../fields/draft.ts';
import { kinds } from '../fields/kinds.ts';
import type { KindName } from '../fields/kinds.ts';
import { retryPolicy } from '../fields/retry.ts';

/** The field of a step with the text of its files, and what it needs. */
export type Resolved = {
  readonly step: DraftStep & { readonly kind: KindName };
  readonly needs: readonly string[];
  readonly fields: { readonly [field: string]: Json };
};

type Settings = {
  readonly project: string;
  readonly provider: ProviderChoice | undefined;
  readonly concurrency: number;
  readonly vars: JsonObject;
};

/** The normalised form: every default filled in, fields always in the same order. */
export function buildPlan(draft: Draft, steps: readonly Resolved[], settings: Settings): Plan {
  const { project, provider, concurrency, vars } = settings;
  return {
    version: 1,
    project,
    ...(draft.task !== undefined && { task: draft.task }),
    ...(provider !== undefined && { provider }),
    concurrency,
    ...(draft.timeout_s !== undefined && draft.timeout_s > 0 && { timeout_s: draft.timeout_s }),
    ...(draft.durability !== undefined && { durability: draft.durability }),
    vars,
    steps: steps.map(planStep),
  };
}

function planStep({ step, needs, fields }: Resolved): PlanStep {
  const { id, kind, each, retry, timeout_s, cache, reads, writes, on_lost } = step;
  return {
    id,
    kind,
    needs,
    ...(each !== undefined && { each }),
    fields: normalFields(kind, fields),
    retry: retry ?? retryPolicy(kinds[kind].tries),
    ...(timeout_s !== undefined && { timeout_s }),
    cache,
    reads,
    writes,
    on_lost,
  };
}

type Given = { readonly [field: string]: Json };

function normalFields(kind: KindName, given: Given): JsonObject {
  const defaults = defaultsOf(kind, given);
  const names = [...Object.keys(kinds[kind].shape), 'code_sha256'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = given[name] ?? defaults[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function defaultsOf(kind: KindName, given: Given): Given {
  const command = { ...(given['command'] !== undefined && { args: [] }), env: {} };
  switch (kind) {
    case 'llm':
      return { options: {}, output: given['schema'] === undefined ? 'text' : 'json' };
    case 'shell':
      return { ...command, output: 'text' };
    case 'gate':
      return command;
    case 'files':
    case 'module':
      return {};
  }
}
