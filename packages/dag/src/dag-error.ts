import { nearest } from './nearest.ts';

/** Why nodes make no graph. A plain `Error` with a `code`, handed back as a value. */
export type DagError = Error &
  (
    | { readonly code: 'duplicate_id'; readonly id: string }
    /** `nearest`: an existing id that is written almost alike. */
    | { readonly code: 'unknown_need'; readonly id: string; readonly need: string; readonly nearest?: string }
    /** `path`: each id needs the next; the first stands again at the end. */
    | { readonly code: 'cycle'; readonly path: readonly string[] }
  );

/** Why nodes cannot join a graph that is already running. */
export type AddError =
  DagError | (Error & { readonly code: 'already_started'; readonly id: string; readonly neededBy: string });

/** How many ids of either end of a long cycle a message names. */
const shownOfCycle = 10;

export function duplicateId(id: string): DagError {
  return fault(`Expected every node to have an id of its own, got \`${id}\` twice.`, { code: 'duplicate_id', id });
}

/** `link` says which of its fields names the missing node. */
export function unknownNeed(
  id: string,
  need: string,
  { ids, link = 'needs' }: { ids: Iterable<string>; link?: 'needs' | 'neededBy' },
): DagError {
  const close = nearest(need, ids);
  const relation = link === 'needs' ? `\`${id}\` needs \`${need}\`` : `\`${id}\` is needed by \`${need}\``;
  const hint = close === undefined ? '' : ` Did you mean \`${close}\`?`;
  const fields = { code: 'unknown_need', id, need, ...(close !== undefined && { nearest: close }) } as const;
  return fault(`${relation}, but there is no such node.${hint}`, fields);
}

export function cycle(path: readonly string[]): DagError {
  const left = path.length - 2 * shownOfCycle;
  const shown = left > 1 ? [...path.slice(0, shownOfCycle), `(${left} more)`, ...path.slice(-shownOfCycle)] : path;
  return fault(`Expected no cycle, got ${shown.join(' → ')} (each needs the next).`, { code: 'cycle', path });
}

export function alreadyStarted(id: string, neededBy: string): AddError {
  const message = `\`${id}\` was to be needed by \`${neededBy}\`, but \`${neededBy}\` has already started.`;
  return fault(message, { code: 'already_started', id, neededBy });
}

function fault<F extends { readonly code: string }>(message: string, fields: F): Error & F {
  return Object.assign(new Error(message), { name: 'DagError' }, fields);
}
