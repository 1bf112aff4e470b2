import { basename, resolve } from 'node:path';
import { err, ok } from '@orch/contracts';
import type { CompiledJob, JsonObject, Result } from '@orch/contracts';
import { buildPlan } from './compile/build-plan.ts';
import { checkJob } from './compile/check-job.ts';
import type { CheckedJob } from './compile/check-job.ts';
import { checkOptions } from './compile/check-options.ts';
import type { CompileContext } from './compile/context.ts';
import { fitVar } from './compile/fit-var.ts';
import { Inputs, sha256 } from './compile/inputs.ts';
import { secretsNamedBy } from './compile/secrets-of.ts';
import type { JobSpec } from './parse-job.ts';
import { readSpec } from './parse-job.ts';
import { suggest } from './source/suggest.ts';
import { Problems } from './source/problems.ts';
import type { SpecError } from './spec-error.ts';

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
  spec: JobSpec,
  problems: Problems,
  context: CompileContext,
): Promise<Result<CompiledJob, SpecError[]>> {
  const { source } = spec;
  const { jobDir, digest, readFile, vars = {}, keptVars = {} } = context;
  const job = await checkJob(spec, {
    ...{ context, problems, jobDir },
    inputs: new Inputs(jobDir, readFile),
    given: new Set([...Object.keys(keptVars), ...Object.keys(vars)]),
    chain: [{ path: resolve(jobDir, basename(source.file)), file: source.file }],
  });
  context.onSecrets?.(secretsNamedBy(job));
  checkGiven(Object.keys(vars), job, problems);
  const kept = Object.entries(keptVars).filter(([name]) => job.vars.has(name));
  const fitted = fitGiven({ ...Object.fromEntries(kept), ...vars }, job, problems);
  if (!problems.none) return err(problems.sorted());
  const plan = await buildPlan(job, { ...context, vars: fitted });
  const { whyRefused } = context;
  if (whyRefused !== undefined) await checkOptions(job, plan, { problems, whyRefused });
  if (!problems.none) return err(problems.sorted());
  return ok({
    plan,
    planHash: digest(plan),
    spec: { path: basename(source.file), sha256: sha256(source.text), content: source.text },
    inputs: job.inputs.list(),
    jobDir,
  });
}

/** Notes values of `--var` for variables that the job neither declares nor reads. */
function checkGiven(given: readonly string[], { vars }: CheckedJob, problems: Problems): void {
  for (const name of given.filter((name) => !vars.has(name))) {
    const message = `--var ${name}: the job has no such variable${suggest(name, vars)}`;
    problems.add(0, { code: 'unknown_key', message });
  }
}

/** Values of `--var`, of the types that the defaults of the job have. */
function fitGiven(vars: JsonObject, { draft }: CheckedJob, problems: Problems): JsonObject {
  return Object.fromEntries(
    Object.entries(vars).map(([name, value]) => {
      const fitted = fitVar(value, Object.hasOwn(draft.vars, name) ? draft.vars[name] : undefined);
      if (fitted.ok) return [name, fitted.value];
      const given = typeof value === 'string' ? value : JSON.stringify(value);
      const shown = given.length > 60 ? `${given.slice(0, 57)}…` : given;
      problems.add(0, { code: 'wrong_type', message: `--var ${name}=${shown}: ${fitted.error}` });
      return [name, value];
    }),
  );
}
