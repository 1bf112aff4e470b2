import type { CompiledJob, Hider, StepKind } from '@orch/contracts';
import { Forecaster } from './forecaster.ts';
import type { PlannedUnit } from './forecaster.ts';
import { inOrder, openPast } from './past-run.ts';
import type { ResumeOptions } from './ports.ts';
import { kindOf } from './prepare-attempt.ts';
import { selectSteps, stepsFrom } from './select-steps.ts';

export type ResumePlan = {
  /** Steps in the order of the plan, the items of each after it. */
  readonly units: readonly PlannedUnit[];
  /** What the reused ones cost when they ran. */
  readonly saved: { readonly calls: number; readonly tokensIn: number; readonly tokensOut: number };
  /** Whether a step that asks a model will run, or may. */
  readonly asks: boolean;
};

export type ExplainOptions = ResumeOptions & {
  /** This step and what it needs, nothing else. */
  readonly only?: string | undefined;
  readonly limit?: number | undefined;
  readonly kinds?: readonly StepKind[] | undefined;
  /** The one that the run would have. */
  readonly hider?: Hider | undefined;
};

/**
 * What `resumeRun` would do, without doing it: writes nothing, asks nobody. Throws `not_found` when the folder has no
 * log, `corrupt_log` for a damaged one and when what would be reused is gone.
 */
export async function explainResume(dir: string, job: CompiledJob, options: ExplainOptions = {}): Promise<ResumePlan> {
  const past = await openPast(dir, job, options);
  const steps = selectSteps(past.steps, options.only);
  const forecaster = new Forecaster(past, {
    anew: stepsFrom(past.steps, options.from),
    retryFailed: options.retryFailed ?? false,
  });
  for (const step of inOrder(steps)) await forecaster.forecast(step);
  const { units, saved } = forecaster;
  const asking = new Set(steps.flatMap((step) => (kindOf(past.facts, step).asks === true ? [step.id] : [])));
  return { units, saved, asks: units.some(({ step, will }) => will !== 'reuse' && asking.has(step)) };
}
