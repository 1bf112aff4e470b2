import type { DraftStep } from '../fields/draft.ts';
import type { Problems } from '../source/problems.ts';
import type { Source } from '../source/source.ts';
import { pathOf } from '../source/written.ts';
import type { Entry } from '../source/written.ts';

/** Where a field stands: its path for messages, its source, and the problems of that. */
export type Place = { readonly path: string; readonly source: Source; readonly problems: Problems };

export function placeOf({ path, source }: DraftStep, entry: Entry, problems: Problems): Place {
  const own = entry.origin?.source ?? source;
  return { path: pathOf(path, entry), source: own, problems: problems.in(own) };
}
