import type { SubJob } from '@orch/contracts';
import { findWrongChoice } from '@orch/pipelines';
import { mountedFolder, parseJob } from '@orch/spec';
import type { SpecError } from '@orch/spec';

type WrongChoice = Pick<SpecError, 'code' | 'message' | 'file'>;

/** Values for parameters of built-in pipelines that are none of those there are, also in jobs that steps run. */
export function wrongChoices({ plan, spec, inputs }: Omit<SubJob, 'jobDir'>, file: string): WrongChoice[] {
  if (!inputs.some(({ path }) => path.includes(mountedFolder))) return [];
  const parsed = parseJob(spec.content, { file });
  const use = parsed.ok ? parsed.value.draft.pipeline?.use : undefined;
  const wrong = use === undefined ? undefined : findWrongChoice(use, plan.vars);
  const below = plan.steps.flatMap(({ kind, fields }) => {
    const job = kind === 'job' ? (fields['job'] as unknown as SubJob) : undefined;
    return job === undefined ? [] : wrongChoices(job, job.spec.path);
  });
  if (wrong === undefined) return below;
  return [{ code: 'bad_value', message: `${use}: expected ${wrong.parameter} to be ${wrong.why}`, file }, ...below];
}
