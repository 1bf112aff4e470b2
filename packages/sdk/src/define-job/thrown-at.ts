import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `path:line:column` of the topmost frame of an error that stands in one of these files; of a syntax error, its place. */
export function thrownAt(error: unknown, files: ReadonlySet<string>, cwd: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const frame of error.stack?.split('\n') ?? []) {
    const found = /(file:\/\/[^\s?()]+?|\/[^\s?():]+)(?:\?[^\s:()]*)?((?::\d+){1,2})\)?$/.exec(frame);
    const [, place = '', at = ''] = found ?? [];
    const path = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (!files.has(path)) continue;
    const shown = relative(cwd, path);
    return (shown.startsWith('..') ? path : shown) + at;
  }
  return undefined;
}
