import type { PlanStep, StepScope } from '@orch/contracts';
import { renderText } from '@orch/spec';

/** The step with the globs of what it writes rendered. Throws what is wrong with one. */
export function renderWrites(step: PlanStep, scope: StepScope): PlanStep {
  if (step.template === false || !step.writes.some((pattern) => pattern.includes('{'))) return step;
  const writes = step.writes.map((pattern) => {
    const rendered = renderText(pattern, scope);
    if (rendered.ok) return rendered.value;
    throw rendered.error;
  });
  return { ...step, writes };
}
