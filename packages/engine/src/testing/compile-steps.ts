import { err, ok } from '@orch/contracts';
import type { PlanStep } from '@orch/contracts';
import type { CompileSteps } from '../ports.ts';
import { step } from './plan.ts';

/** Takes written steps for parts of plan steps. One that says `wrong` is wrong. */
export const compileSteps: CompileSteps = async (steps) => {
  const written = Object.entries(steps) as [string, Partial<PlanStep> & { readonly wrong?: string }][];
  const wrong = written.flatMap(([id, { wrong: why }]) => (why === undefined ? [] : [`steps.${id}: ${why}`]));
  if (wrong.length === 0) return ok(written.map(([id, more]) => step(id, more)));
  return err(wrong.map((message) => ({ code: 'bad_value', message, file: '', line: 1, column: 1 })));
};
