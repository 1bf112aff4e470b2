import type { Where } from '@orch/contracts';

/** Names a step, or an item of it, in a map. */
export function unitKey({ step = '', item }: { readonly [K in keyof Where]: Where[K] | undefined }): string {
  return item === undefined ? step : `${step}\0${item}`;
}
