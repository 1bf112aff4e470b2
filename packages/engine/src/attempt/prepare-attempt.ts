import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { sha256 } from '@orch/cache';
import { OrchError, err, ok } from '@orch/contracts';
import type { Digest, Json, JsonObject, PlanStep, Result, StepKind, StepScope } from '@orch/contracts';
import { hideValue } from '@orch/secrets';
import { renderStep } from '@orch/spec';
import { askedOf } from '../exchange/choice.ts';
import { findFiles } from '../fan-out/find-files.ts';
import { inputHash } from './input-hash.ts';
import type { HashedInputs, HashedNeed } from './input-hash.ts';
import { readsOf } from '../kinds/reading-kind.ts';
import { itemwiseNeed } from '../graph/graph.ts';
import { resultDigest, wholeDigest } from '../run/results.ts';
import type { RunFacts } from '../run/run-context.ts';

/** An attempt ready to start: its hash stands in `step.started` also when its fields could not be rendered. */
export type PreparedAttempt = {
  readonly inputHash: Digest;
  readonly inputs: HashedInputs;
  readonly input: Result<unknown>;
};

export type AttemptTarget = {
  readonly step: PlanStep;
  /** `from`: the node of the need whose one item this item takes. */
  readonly item?: { readonly from: string | undefined };
};

export async function prepareAttempt(
  run: RunFacts,
  { step, item }: AttemptTarget,
  scope: StepScope,
): Promise<PreparedAttempt> {
  const kind = kindOf(run, step);
  const input = readFields(kind, step, scope);
  const named = input.ok ? await readsOf(kind, input.value, scope) : [];
  const inputs = {
    fields: input.ok ? fingerprint(kind, input.value, scope) : step.fields,
    needs: needsOf(run, step, item?.from),
    reads: hideValue(
      digestFiles([...(await findFiles(step.reads, run.job.jobDir)), ...named], run.job.jobDir),
      run.hider,
    ),
    asked: kind.asks === true ? askedOf(run, step) : undefined,
  };
  return { inputHash: inputHash(kind, inputs), inputs, input };
}

export function kindOf(run: Pick<RunFacts, 'kinds'>, step: PlanStep): StepKind {
  const kind = run.kinds.get(step.kind);
  if (kind !== undefined) return kind;
  throw new OrchError(
    'spec',
    `Step ${step.id}: expected a kind of ${[...run.kinds.keys()].join(', ')}, got ${step.kind}.`,
  );
}

/** Of a need taken item by item, only the one item counts. */
export function needsOf(run: RunFacts, step: PlanStep, fromItem?: string): Record<string, HashedNeed> {
  const from = itemwiseNeed(step);
  const digest = kindOf(run, step).scoped === true ? wholeDigest : resultDigest;
  const needs = step.needs.map((need): [string, HashedNeed] => {
    const settled = run.results.get(need === from && fromItem !== undefined ? fromItem : need);
    const status = settled?.status ?? 'pending';
    return [need, { status, output: settled === undefined ? null : digest(settled) }];
  });
  return Object.fromEntries(needs);
}

function digestFiles(paths: readonly string[], jobDir: string): Record<string, Digest> {
  return Object.fromEntries(paths.map((path) => [path, sha256(readFileSync(resolve(jobDir, path)))]));
}

function readFields(kind: StepKind, step: PlanStep, scope: StepScope): Result<unknown> {
  const rendered = step.template === false ? ok(step.fields) : renderStep(step, scope);
  if (!rendered.ok) return rendered;
  const parsed = kind.input.safeParse(rendered.value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const at = issue === undefined ? '' : `.${issue.path.join('.')}`;
  return err(new OrchError('template', `steps.${step.id}${at}: ${issue?.message ?? 'does not fit its kind'}`));
}

function fingerprint(kind: StepKind, input: unknown, scope: StepScope): Json {
  const fields = withoutPlace(kind.fingerprint(input), scope);
  if (kind.scoped !== true) return fields;
  const { task, vars, item } = scope;
  const seen: JsonObject = { vars, ...(task === undefined ? {} : { task }), ...(item === undefined ? {} : { item }) };
  return { fields, scope: seen };
}

/** Where run and job happen to stand changes no result: their folders are named, so that others may find the same. */
function withoutPlace(fields: Json, { run, job }: StepScope): Json {
  const written = (path: string) => JSON.stringify(path).slice(1, -1);
  const text = JSON.stringify(fields).replaceAll(written(run.dir), '{{ run.dir }}');
  return JSON.parse(job.dir === '/' ? text : text.replaceAll(written(job.dir), '{{ job.dir }}')) as Json;
}
