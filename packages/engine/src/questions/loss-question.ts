import type { StepPlace } from '../graph/unit.ts';

/** What a person is asked about a step or item that was lost with its process, as opposed to what it asks itself. */
export function lossQuestion(where: StepPlace): string {
  return `${nameOf(where)} was open when its process died. Run it again?`;
}

export function nameOf({ step, item }: StepPlace): string {
  return item === undefined ? `Step ${step}` : `Item ${item} of step ${step}`;
}
