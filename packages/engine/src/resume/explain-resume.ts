import type { CompiledJob, Hider, PlanStep, StepKind } from '@orch/contracts';
import { Forecaster } from './forecaster.ts';
import type { PlannedUnit } from './forecaster.ts';
import { builtinKinds } from '../kinds/index.ts';
import { inOrder, openPast } from './past-run.ts';
import type { ResumeOptions } from '../ports.ts';
import { kindOf } from '../attempt/prepare-attempt.ts';
import { selectSteps, stepsFrom } from '../graph/select-steps.ts';

export type ResumePlan = {
  /** Steps in the order of the plan, the items of each after it. */
  readonly units: readonly PlannedUnit[];
  /** What the reused ones cost when they ran. */
  readonly saved: { readonly calls: number; readonly tokensIn: number; readonly tokensOut: number };
  /** The steps that ask a model and will run, or may. */
  readonly asking: readonly PlanStep[];
  /** Whether a step will run, or may, that can add others. */
  readonly grows: boolean;
};

const stays: ReadonlySet<PlannedUnit['will']> = new Set(['reuse', 'stay_failed']);

export type ExplainOptions = ResumeOptions & {
  /** This step and what it needs, nothing else. */
  readonly only?: string | undefined;
  readonly limit?: number | undefined;
  readonly kinds?: readonly StepKind[] | undefined;
  /** The one that the run would have. */
  readonly hider?: Hider | undefined;
};

/**
 * What `resumeRun` would do, without doing it: asks nobody, writes nothing but the code of the job's own kinds where the
 * run came from another machine. Throws `not_found` when the folder has no log, `corrupt_log` for a damaged one and when
 * what would be reused is gone.
 */
export async function explainResume(dir: string, job: CompiledJob, options: ExplainOptions = {}): Promise<ResumePlan> {
  const past = await openPast(dir, job, { ...options, goesOn: true });
  const steps = selectSteps(past.steps, options.only);
  const forecaster = new Forecaster(past, {
    anew: stepsFrom(past.steps, options.from),
    retryFailed: options.retryFailed ?? false,
  });
  for (const step of inOrder(steps)) await forecaster.forecast(step);
  const { units, saved } = forecaster;
  const running = new Set(units.flatMap(({ step, will }) => (stays.has(will) ? [] : [step])));
  const runs = steps.filter(({ id }) => running.has(id));
  const asking = runs.filter((step) => kindOf(past.facts, step).asks === true);
  return { units, saved, asking, grows: runs.some(({ kind }) => kind === 'module' || !builtinKinds.has(kind)) };
}
