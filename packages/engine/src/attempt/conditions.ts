import { OrchError } from '@orch/contracts';
import type { PlanStep } from '@orch/contracts';
import { conditionReads, evaluateCondition, renderText } from '@orch/spec';
import type { ConditionScope } from '@orch/spec';

/** Whether its `when` is asked for each item, instead of once before they are found. */
export function asksEachItem(step: PlanStep): boolean {
  if (step.each === undefined || step.when === undefined) return false;
  const known = eachAsked.get(step) ?? conditionReads(step.when, 'item');
  eachAsked.set(step, known);
  return known;
}

const eachAsked = new WeakMap<PlanStep, boolean>();

/** Whether a step or item shall run at all. Throws what is wrong with the condition. */
export function isWanted({ id, when }: PlanStep, scope: ConditionScope): boolean {
  return when === undefined || holds(`steps.${id}.when`, when, scope);
}

/** The first assertion of the step that does not hold, as the error it fails with. Throws what is wrong with one. */
export function brokenAssertion({ id, assert = [] }: PlanStep, scope: ConditionScope): OrchError | undefined {
  const broken = assert.find(({ that }) => !holds(`steps.${id}.assert`, that, scope));
  if (broken === undefined) return undefined;
  const { that, message } = broken;
  if (message === undefined) return new OrchError('assertion', `expected ${that}`);
  const rendered = renderText(message, scope);
  if (rendered.ok) return new OrchError('assertion', rendered.value, { hint: `It has to be true: ${that}` });
  throw located(`steps.${id}.assert`, rendered.error);
}

/** Throws what is wrong with the condition; `path` says where it stands. */
export function holds(path: string, condition: string, scope: ConditionScope): boolean {
  const held = evaluateCondition(condition, scope);
  if (held.ok) return held.value;
  throw located(path, held.error);
}

function located(path: string, error: OrchError): OrchError {
  return error.code === 'template' ? new OrchError('template', `${path}: ${error.message}`, { cause: error }) : error;
}
