import type { Where } from '@orch/contracts';
import type { RunView, UnitView } from '@orch/events';

/** A step, or an item of it. */
export type StepPlace = Where & { readonly step: string };

/** What the log tells of a step or item; undefined when it was not met yet. */
export function unitAt({ steps }: Pick<RunView, 'steps'>, { step = '', item }: Where): UnitView | undefined {
  const found = steps.get(step);
  return item === undefined ? found : found?.items.get(item);
}

/** Names a step, or an item of it, in a map. */
export function unitKey({ step = '', item }: { readonly [K in keyof Where]: Where[K] | undefined }): string {
  return item === undefined ? step : `${step}\0${item}`;
}
