import { isDeepStrictEqual } from 'node:util';
import { basename } from 'node:path';
import type { Json, JsonObject, Plan, PlanStep } from '@orch/contracts';
import type { DraftStep } from '../fields/draft.ts';
import { kindNamed } from '../fields/kinds.ts';
import type { Kind } from '../fields/kinds/kind.ts';
import { retryPolicy } from '../fields/retry.ts';
import { hasTags, isId } from '../fields/words.ts';
import type { CheckedJob } from './check-job.ts';
import { chooseProviders } from './choose-providers.ts';
import type { ChosenProviders } from './choose-providers.ts';
import type { CompileContext } from './context.ts';
import { normalTexts } from './normal-texts.ts';
import { secretsOf } from './secrets-of.ts';
import { withServers } from './step-tools.ts';

type Context = Pick<CompileContext, 'provider' | 'namedProvider' | 'vars' | 'concurrency'>;

/** The normalised form of a job that was found right: every default filled in. Asks who answers. */
export async function buildPlan(job: CheckedJob, context: Context, parent?: ChosenProviders): Promise<Plan> {
  const { draft, kinds, jobDir } = job;
  const chosen = await chooseProviders(job, context, parent);
  const steps = await planSteps(job, context, chosen);
  const secrets = secretsOf(draft, { steps, chosen });
  return {
    version: 1,
    project: draft.project ?? projectName(jobDir),
    ...(draft.task !== undefined && { task: draft.task }),
    ...(chosen.main !== undefined && { provider: chosen.main }),
    ...(Object.keys(chosen.named).length > 0 && { providers: chosen.named }),
    concurrency: draft.concurrency ?? context.concurrency ?? 4,
    ...(draft.timeout_s !== undefined && draft.timeout_s > 0 && { timeout_s: draft.timeout_s }),
    ...(draft.durability !== undefined && { durability: draft.durability }),
    vars: { ...draft.vars, ...(parent === undefined && context.vars) },
    ...(secrets.length > 0 && { secrets }),
    ...(draft.output_dir !== undefined && { output_dir: draft.output_dir }),
    ...(kinds.length > 0 && { kinds }),
    steps,
  };
}

/** The steps of a job in the order of the graph. */
export async function planSteps(job: CheckedJob, context: Context, chosen: ChosenProviders): Promise<PlanStep[]> {
  const steps: PlanStep[] = [];
  for (const { id, needs } of job.order) {
    const { step, fields } = job.steps.get(id)!;
    const more = { ...(await subJobFields(job, id, { context, chosen })), ...diffOf(step) };
    const own = withServers({ ...fields, ...more }, job.draft);
    steps.push(normalTexts(planStep(step, needs, normalFields(step.kind!, own))));
  }
  return steps;
}

type Asking = { readonly context: Context; readonly chosen: ChosenProviders };

/** What a step that runs a job hands over: a `SubJob` whose folder is relative to that of this job. */
async function subJobFields(job: CheckedJob, id: string, { context, chosen }: Asking): Promise<JsonObject> {
  const found = job.jobs.get(id);
  if (found === undefined) return {};
  const { job: inner, spec, folder } = found;
  const parts = { plan: await buildPlan(inner, context, chosen), spec, inputs: inner.inputs.list(), jobDir: folder };
  return { job: parts as unknown as JsonObject };
}

/** The step that a patch is taken from, as a template of its diff: the answer itself, or what `output: patch` made of it. */
function diffOf({ kind, fields: { from } }: DraftStep): JsonObject {
  if (kind !== 'patch' || typeof from !== 'string' || hasTags(from)) return {};
  const output = `steps.${from}.output`;
  return { from: `{% if ${output}.diff %}{{ ${output}.diff }}{% else %}{{ ${output} }}{% endif %}` };
}

function planStep(step: DraftStep, needs: readonly string[], fields: JsonObject): PlanStep {
  const { id, when, each, timeout_s, cache, reads, writes, on_lost, provider, assert, repeat_until } = step;
  const { on_failure, min_success, template, code_version } = step;
  const kind = step.kind!;
  const accepted = step.needs.flatMap(({ step: need, accept }) =>
    accept === undefined ? [] : [[need, accept] as const],
  );
  return {
    id,
    kind,
    needs,
    ...(accepted.length > 0 && { accept: Object.fromEntries(accepted) }),
    ...(when !== undefined && { when }),
    ...(each !== undefined && { each }),
    fields,
    retry: step.retry ?? retryPolicy(kindNamed(kind)?.tries ?? 0),
    ...(timeout_s !== undefined && { timeout_s }),
    cache,
    reads,
    writes,
    on_lost,
    ...(provider !== undefined && { provider: provider.key }),
    ...(assert.length > 0 && { assert }),
    ...(repeat_until !== undefined && { repeat_until }),
    ...(on_failure !== 'abort' && { on_failure }),
    ...(min_success !== 1 && { min_success }),
    ...(template !== undefined && { template }),
    ...(code_version !== undefined && { code_version }),
  };
}

type Given = { readonly [field: string]: Json };

/** The fields of a kind in a fixed order, what it always has filled in, and what only says the default left out. */
function normalFields(kind: string, given: Given): JsonObject {
  const table = kindNamed(kind);
  if (table === undefined) return given;
  const filled = filledOf(kind, given);
  const names = [...Object.keys(table.shape), 'code_sha256', 'job'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = given[name] ?? filled[name];
      const isDefault = filled[name] === undefined && isDeepStrictEqual(value, defaultOf(table, name));
      return value === undefined || isDefault ? [] : [[name, value] as const];
    }),
  );
}

const defaultOf = ({ shape }: Kind, name: string): Json | undefined => shape[name]?.default;

/** What a step of a kind says in the plan also where the job does not. */
function filledOf(kind: string, given: Given): Given {
  const command = { ...(given['command'] !== undefined && { args: [] }), env: {} };
  switch (kind) {
    case 'llm':
      return { options: {}, output: given['schema'] === undefined ? 'text' : 'json' };
    case 'shell':
      return { ...command, output: 'text' };
    case 'gate':
      return command;
    case 'job':
      return { vars: {} };
    default:
      return {};
  }
}

/** The project of a job that names none: from the folder that it stands in. */
export function projectName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64);
  return isId(name) ? name : 'job';
}
