import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, Hider, Json, Plan, PlanInput, PlanStep, SubJob } from '@orch/contracts';
import { createHider, hideValue, hidesNothing } from '@orch/secrets';
import type { Secrets } from '../secrets.ts';

type Hiding = Pick<Secrets, 'hider' | 'values'>;

/**
 * The job without the secrets that stand in its files, its task or its variables: as it is kept, hashed and run. `usage`
 * when a secret is also a name that the job needs.
 */
export function hideJob(job: CompiledJob, { hider, values }: Hiding): CompiledJob {
  if (hidesNothing(hider)) return job;
  const plan = hidePlan(job.plan, hider);
  refuseSecretNames(job.plan, values);
  const files = { spec: hideInput(job.spec, hider), inputs: job.inputs.map((input) => hideInput(input, hider)) };
  if (plan === job.plan) return { ...job, ...files };
  const planJson = canonicalJson(plan);
  return { ...job, ...files, plan, planJson, planHash: sha256(planJson) };
}

/** The variables whose values stand in the files or the plan of a job. */
export function secretsInJob(job: CompiledJob, { hider, values }: Hiding): string[] {
  if (hidesNothing(hider)) return [];
  const texts = [canonicalJson(job.plan), job.spec.content, ...job.inputs.map(({ content }) => content)];
  const isIn = (value: string): boolean => {
    const own = createHider([value]);
    return texts.some((text) => own.text(text) !== text);
  };
  const isHidden = texts.some((text) => hider.text(text) !== text);
  return isHidden ? [...values].flatMap(([name, value]) => (isIn(value) ? [name] : [])) : [];
}

function hidePlan(plan: Plan, hider: Hider): Plan {
  const steps = plan.steps.map((step) => hideStep(step, hider));
  const { steps: before, ...rest } = plan;
  const hidden = hideValue(rest, hider);
  const isSame = hidden === rest && steps.every((step, at) => step === before[at]);
  return isSame ? plan : { ...hidden, steps };
}

/** A job within a job has digests of its own, and a folder that has to stay what it is. */
function hideStep(step: PlanStep, hider: Hider): PlanStep {
  const { job, ...fields } = step.fields;
  if (step.kind !== 'job' || typeof job !== 'object') return hideValue(step, hider);
  const hidden = hideValue({ ...step, fields }, hider);
  const inner = hideSubJob(job as unknown as SubJob, hider);
  return { ...hidden, fields: { ...hidden.fields, job: inner } };
}

function hideSubJob({ plan, spec, inputs, jobDir }: SubJob, hider: Hider): SubJob {
  const files = { spec: hideInput(spec, hider), inputs: inputs.map((input) => hideInput(input, hider)) };
  return { plan: hidePlan(plan, hider), ...files, jobDir };
}

function hideInput(input: PlanInput, hider: Hider): PlanInput {
  const content = hider.text(input.content);
  return content === input.content ? input : { ...input, content, sha256: sha256(content) };
}

/** A name cannot be hidden: nothing would find what it names. Nor can a command: with `***` in it, another one would run. */
function refuseSecretNames(plan: Plan, values: Secrets['values']): void {
  for (const [variable, value] of values) {
    const own = createHider([value]);
    const found = namesOf(plan).find(({ name }) => own.text(name) !== name);
    if (found === undefined) continue;
    throw new OrchError('usage', `Expected no secret in ${found.of}: the value of ${variable} is in it.`, {
      hint: found.isCommand
        ? `Hand it over: env: { ${variable}: { secret: ${variable} } }, and name the variable in the command.`
        : `Rename it, or take ${variable} out of the environment.`,
    });
  }
}

type Name = { readonly name: string; readonly of: string; readonly isCommand?: true };

function namesOf({ project, provider, providers = {}, vars, steps }: Plan): Name[] {
  return [
    { name: project, of: 'the name of the project' },
    ...(provider === undefined ? [] : [{ name: provider.name, of: 'the name of the provider' }]),
    ...Object.keys(providers).map((name) => ({ name, of: 'the name of a provider' })),
    ...Object.keys(vars).map((name) => ({ name, of: 'the name of one of its vars' })),
    ...steps.flatMap(namesOfStep),
  ];
}

function namesOfStep({ id, kind, fields, reads, writes }: PlanStep, at: number): Name[] {
  const { run, command, args, cwd, uses, job } = fields;
  const inner = kind === 'job' && typeof job === 'object' ? namesOf((job as unknown as SubJob).plan) : [];
  return [
    { name: id, of: `the name of step ${at + 1}` },
    { name: kind, of: `the kind of step ${at + 1}` },
    ...texts([uses]).map((name) => ({ name, of: `the module of step ${id}` })),
    ...[...reads, ...writes].map((name) => ({ name, of: `reads and writes of step ${id}` })),
    ...texts([run, command, args, cwd]).map((name) => ({
      name,
      of: `the command of step ${id}`,
      isCommand: true as const,
    })),
    ...inner,
  ];
}

function texts(fields: readonly (Json | undefined)[]): string[] {
  return fields.flat().filter((field) => typeof field === 'string');
}
