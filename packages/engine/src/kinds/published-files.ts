import { posix } from 'node:path';
import { OrchError, err, ok } from '@orch/contracts';
import type { FileRef, Result } from '@orch/contracts';
import { findFiles } from '../fan-out/find-files.ts';

/** A file, and where below the folder of outputs it shall stand. */
type Publication = { readonly file: FileRef; readonly target: string };

type Around = {
  /** Files of the steps it needs, their paths relative to `outputs`; of two with one path the later counts. */
  readonly made: readonly FileRef[];
  /** Absolute. */
  readonly outputs: string;
};

/**
 * The files that `from`, a path or a glob, names. Without `to` each stays where it is; a `to` that ends in `/` is a
 * folder, below which they keep their paths from the first part of `from` that is no plain name. The error is
 * `not_found` for a path or glob that fits nothing the needed steps made, `conflict` for several files that shall become one.
 */
export async function publishedFiles(
  { from, to }: { readonly from: string; readonly to?: string | undefined },
  { made, outputs }: Around,
): Promise<Result<readonly Publication[]>> {
  const byPath = new Map(made.map((file) => [file.path, file]));
  const path = posix.normalize(from);
  const plain = byPath.get(path);
  const fitting = plain === undefined ? await findFiles([from], outputs) : [path];
  const files = fitting.flatMap((name) => byPath.get(name) ?? []);
  if (files.length === 0) return err(notMade(from, [...byPath.keys()]));
  if (to === undefined) return ok(files.map((file) => ({ file, target: file.path })));
  if (!to.endsWith('/') && files.length > 1) return err(several(from, to, files));
  const base = plain === undefined ? plainStart(from) : posix.dirname(path);
  return ok(files.map((file) => ({ file, target: to.endsWith('/') ? to + posix.relative(base, file.path) : to })));
}

const isGlob = (path: string): boolean => /[*?[\]{}()!]/.test(path);

/** The folders of a glob before the first that is no plain name. */
function plainStart(glob: string): string {
  const parts = posix.normalize(glob).split('/');
  const first = parts.findIndex(isGlob);
  return parts.slice(0, first === -1 ? -1 : first).join('/');
}

/** How many files an error names. */
const most = 10;

function notMade(from: string, made: readonly string[]): OrchError {
  const some = made.slice(0, most).join(', ');
  const more = made.length > most ? ` and ${made.length - most} more` : '';
  const came = made.length === 0 ? 'they made no files' : `they made ${some}${more}`;
  return new OrchError('not_found', `Expected a needed step to have made ${from}: ${came}.`, {
    hint: 'Name the step that makes it under `needs`, and the path as it is below the outputs of the run.',
  });
}

function several(from: string, to: string, files: readonly FileRef[]): OrchError {
  const some = files.slice(0, most).map(({ path }) => path);
  return new OrchError('conflict', `Expected one file for ${to}, ${from} fits ${files.length}: ${some.join(', ')}.`, {
    hint: `A target that ends in / is a folder: ${to}/`,
  });
}
