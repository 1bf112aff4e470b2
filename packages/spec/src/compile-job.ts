import { basename } from 'node:path';
import { err, ok } from '@orch/contracts';
import type { CompiledJob, Digest, JsonObject, Plan, ProviderChoice, Result } from '@orch/contracts';
import { buildPlan } from './compile/build-plan.ts';
import type { Resolved } from './compile/build-plan.ts';
import { checkStepTemplate } from './compile/check-templates.ts';
import type { Mention } from './compile/check-templates.ts';
import { fillFiles } from './compile/fill-files.ts';
import type { FilledStep } from './compile/fill-files.ts';
import { Inputs, sha256 } from './compile/inputs.ts';
import { resolveNeeds } from './compile/resolve-needs.ts';
import type { Order } from './compile/resolve-needs.ts';
import type { Draft, DraftStep } from './fields/draft.ts';
import { isId } from './fields/words.ts';
import type { JobSpec } from './parse-job.ts';
import { readSpec } from './parse-job.ts';
import { suggest } from './source/suggest.ts';
import { Problems } from './source/problems.ts';
import type { SpecError } from './spec-error.ts';

/** What surrounds a job when it is compiled. */
export type CompileContext = {
  /** Absolute folder of the job file. */
  readonly jobDir: string;
  /** Reads a file as text by its absolute path; rejects as `node:fs/promises` does. */
  readonly readFile: (path: string) => Promise<string>;
  /** sha-256 of the canonical JSON of the plan. */
  readonly digest: (plan: Plan) => Digest;
  /** Values of `--var`, over those of the job. */
  readonly vars?: JsonObject;
  /** For a job that does not say; 4 unless given. */
  readonly concurrency?: number;
  /** The names of the providers there are; unless given, any name will do. */
  readonly providers?: readonly string[];
  /**
   * Decides who answers, from what the job says (`{ name: 'auto' }` when it says nothing). Asked once, after everything
   * else was found right, and only when a step asks a model. Without it: as the job says, and nobody for `auto`.
   */
  readonly provider?: (written: ProviderChoice) => ProviderChoice | Promise<ProviderChoice>;
};

/** Compiles a job that was parsed. The errors are those that `parseJob` cannot find. */
export async function compileJob(spec: JobSpec, context: CompileContext): Promise<Result<CompiledJob, SpecError[]>> {
  return compile(spec, new Problems(spec.source), context);
}

/** Parses and compiles in one go: all errors at once, whichever stage finds them. */
export async function loadJob(
  text: string,
  context: CompileContext & { readonly file: string },
): Promise<Result<CompiledJob, SpecError[]>> {
  const { spec, problems } = readSpec(text, context.file);
  return compile(spec, problems, context);
}

async function compile(
  { source, draft }: JobSpec,
  problems: Problems,
  context: CompileContext,
): Promise<Result<CompiledJob, SpecError[]>> {
  const inputs = new Inputs(context.jobDir, context.readFile);
  const filled = await Promise.all(draft.steps.map((step) => fillFiles(step, inputs, problems)));
  const mentions = checkTemplates(filled, { draft, context, problems });
  const order = resolveNeeds(draft.steps, mentions, problems);
  checkProvider(draft, context, problems);
  if (!problems.none) return err(problems.sorted());
  const plan = buildPlan(draft, resolved(order, filled), {
    project: draft.project ?? nameOf(context.jobDir),
    provider: await choose(draft, context),
    concurrency: draft.concurrency ?? context.concurrency ?? 4,
    vars: { ...draft.vars, ...context.vars },
  });
  return ok({
    plan,
    planHash: context.digest(plan),
    spec: { path: basename(source.file), sha256: sha256(source.text), content: source.text },
    inputs: inputs.list(),
    jobDir: context.jobDir,
  });
}

type Job = { readonly draft: Draft; readonly context: CompileContext; readonly problems: Problems };

function checkTemplates(filled: readonly FilledStep[], { draft, context, problems }: Job) {
  const given = context.vars ?? {};
  const names = {
    steps: new Set(draft.steps.map(({ id }) => id)),
    vars: new Set([...Object.keys(draft.vars), ...Object.keys(given)]),
    hasTask: draft.task !== undefined,
  };
  const used = new Set(Object.keys(draft.vars));
  const mentions = new Map<DraftStep, readonly Mention[]>();
  for (const { step, templates } of filled) {
    const found = templates.map((template) => checkStepTemplate(template, names, problems));
    const steps = found.flatMap((each) => each.steps);
    mentions.set(step, steps);
    for (const { name } of found.flatMap(({ vars }) => vars)) used.add(name);
  }
  for (const name of Object.keys(given).filter((name) => !used.has(name))) {
    const message = `--var ${name}: the job has no such variable${suggest(name, used)}`;
    problems.add(0, { code: 'unknown_key', message });
  }
  return mentions;
}

function resolved(order: Order, filled: readonly FilledStep[]): Resolved[] {
  const byId = new Map(filled.map((each) => [each.step.id, each]));
  return order.map(({ id, needs }) => {
    const { step, fields } = byId.get(id)!;
    return { step: step as Resolved['step'], needs, fields };
  });
}

function checkProvider(
  { provider, providerOffset = 0 }: Draft,
  { providers }: CompileContext,
  problems: Problems,
): void {
  if (providers === undefined || provider.name === 'auto' || providers.includes(provider.name)) return;
  const got = `got ${JSON.stringify(provider.name)}${suggest(provider.name, providers)}`;
  problems.add(providerOffset, {
    code: 'bad_value',
    message: `provider: expected one of ${providers.join(', ')}, ${got}`,
  });
}

async function choose({ provider, steps }: Draft, context: CompileContext): Promise<ProviderChoice | undefined> {
  if (!steps.some(({ kind }) => kind === 'llm')) return undefined;
  if (context.provider !== undefined) return context.provider(provider);
  return provider.name === 'auto' ? undefined : provider;
}

/** A project's name from that of a folder. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64);
  return isId(name) ? name : 'job';
}
