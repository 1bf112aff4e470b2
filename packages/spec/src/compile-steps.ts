import { err, ok } from '@orch/contracts';
import type { JsonObject, Plan, PlanStep, Result } from '@orch/contracts';
import { planSteps } from './compile/build-plan.ts';
import { checkDraft } from './compile/check-job.ts';
import type { CompileContext } from './compile/context.ts';
import { serversIn } from './compile/step-tools.ts';
import { Inputs } from './compile/inputs.ts';
import { Defaults } from './fields/defaults.ts';
import type { Draft, DraftStep } from './fields/draft.ts';
import { secretsIn } from './fields/environment.ts';
import { readSteps } from './fields/read-steps.ts';
import { Problems } from './source/problems.ts';
import { readYaml } from './source/read-yaml.ts';
import { Source } from './source/source.ts';
import { suggest } from './source/suggest.ts';
import { pathOf } from './source/written.ts';
import type { SpecError } from './spec-error.ts';

/** The run that steps are added to. */
export type StepsContext = Omit<CompileContext, 'digest' | 'vars' | 'provider' | 'providers'> & {
  /** What the steps may read: task, vars, providers. */
  readonly plan: Plan;
  /** The steps there are, also those that were added before. */
  readonly existing: readonly PlanStep[];
  /** What errors call the steps; lines count in their JSON with two blanks a level. */
  readonly file?: string;
};

/** Compiles steps that a step of a run returned: by id, in the job language, checked like those of a job. */
export async function compileSteps(steps: JsonObject, context: StepsContext): Promise<Result<PlanStep[], SpecError[]>> {
  const { plan, existing, jobDir, readFile } = context;
  const source = new Source(context.file ?? 'steps', JSON.stringify(steps, undefined, 2));
  const problems = new Problems(source);
  const written = readYaml(source, problems);
  const drafts = written === undefined ? [] : readSteps(written, { problems, defaults: new Defaults([]) });
  const inputs = new Inputs(jobDir, readFile);
  const around = { context, problems, inputs, jobDir, given: new Set<string>(), chain: [] };
  const known = new Map(existing.map(({ id, each }) => [id, { fansOut: each !== undefined }]));
  const draft = draftOf(plan, { steps: drafts, source, existing });
  const job = await checkDraft({ draft, folders: new Map() }, around, known);
  for (const step of drafts) checkStep(step, context, problems);
  if (!problems.none) return err(problems.sorted());
  return ok(await planSteps(job, context, { main: plan.provider, named: plan.providers ?? {} }));
}

/** A job of these steps alone, with what the plan says for all. */
function draftOf(
  { task, vars, providers = {}, kinds = [] }: Plan,
  { steps, source, existing }: { steps: readonly DraftStep[]; source: Source } & Pick<StepsContext, 'existing'>,
): Draft {
  return {
    ...{ vars, providers, steps, source, secrets: [], defaults: [], written: new Map(), mcp: serversIn(existing) },
    ...(task !== undefined && { task }),
    kinds: kinds.map(({ from }) => from),
  };
}

/** What a run that goes on cannot have: an id for the second time, another provider, another secret to hide. */
function checkStep(step: DraftStep, { plan, existing }: StepsContext, problems: Problems): void {
  const { id, path, offset, kind, provider, written } = step;
  if (existing.some((other) => other.id === id)) {
    problems.add(offset, { code: 'duplicate_id', message: `${path}: the run has a step with this id already` });
  }
  const names = Object.keys(plan.providers ?? {});
  const named = written.get('provider');
  if (provider !== undefined && named !== undefined && !names.includes(provider.key)) {
    const there = names.length === 0 ? 'none' : names.join(', ');
    const message = `${pathOf(path, named)}: expected a provider that the run named at its start, of which there are ${there}, got ${JSON.stringify(provider.key)}${suggest(provider.key, names)}`;
    problems.add(named.value.span[0], { code: 'bad_value', message });
  }
  if (kind === 'llm' && provider === undefined && plan.provider === undefined) {
    const message = `${path}: asks a model, but the run has no provider`;
    const hint = 'name one in the job: provider: …, since none of its own steps asks a model';
    problems.add(offset, { code: 'missing', message, hint });
  }
  const env = written.get('env');
  for (const { name, offset: at } of env === undefined ? [] : secretsIn(env.value)) {
    if (plan.secrets?.includes(name) === true) continue;
    const message = `${path}.env: expected a secret that the job lists under secrets, got ${JSON.stringify(name)}`;
    problems.add(at, { code: 'bad_value', message });
  }
}
