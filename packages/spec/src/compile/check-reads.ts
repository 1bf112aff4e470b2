import { resolve } from 'node:path';
import type { DraftStep } from '../fields/draft.ts';
import type { Problems } from '../source/problems.ts';
import { placeOf } from './place.ts';
import { readsAtStart } from './reads-at-start.ts';
import type { Order } from './resolve-needs.ts';

export type ReadsContext = {
  readonly jobDir: string;
  readonly isFile?: ((path: string) => boolean) | undefined;
};

/** Notes files that a step reads by name, that are not there, and that no step before it can make. */
export function checkReads(
  steps: ReadonlyMap<string, DraftStep>,
  order: Order,
  { jobDir, isFile, problems }: ReadsContext & { readonly problems: Problems },
): void {
  if (isFile === undefined) return;
  const readers = order.map(({ id, needs }) => ({ ...steps.get(id)!, needs }));
  for (const { step, path, isGlob } of readsAtStart(readers)) {
    if (!isGlob && !isFile(resolve(jobDir, path))) noteMissing(steps.get(step)!, path, problems);
  }
}

function noteMissing(step: DraftStep, path: string, problems: Problems): void {
  const entry = step.written.get('reads');
  if (entry?.value.type !== 'list') return;
  const { items } = entry.value;
  const index = items.findIndex((item) => item.type === 'scalar' && item.value === path);
  const place = placeOf(step, entry, problems);
  place.problems.add((items[index] ?? entry.value).span[0], {
    code: 'not_found',
    message: `${place.path}[${index}]: no such file: ${path}`,
    hint: "paths count from the folder of the job file; a folder's files are named by a glob, such as docs/**",
  });
}
