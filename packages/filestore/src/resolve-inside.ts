import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { lstatSync, realpathSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { hasCode, ioError } from './io-error.ts';
import { namesOf, whyUnsafe } from './path-rules.ts';

/** Where a path below a root leads, every link on the way followed. */
export type Place = {
  readonly target: string;
  /** What is there now; never a link. */
  readonly stats: Stats | undefined;
  /** Each part of the path as it was written, with the absolute folder it is looked up in. */
  readonly steps: readonly Step[];
};

export type Step = { readonly folder: string; readonly name: string };

/**
 * The absolute place of a relative path below `root`, with links inside the root followed; what it names need not
 * exist. `unsafe_path` for a path that leaves the root, now or on another system: absolute, with `..`, backslashes,
 * control characters or names that Windows reserves, or through a link that leads out or nowhere.
 */
export function resolveInside(root: string, path: string): Result<string> {
  const place = findPlace(resolve(root), path);
  return place.ok ? ok(place.value.target) : place;
}

/** The same for a root that is absolute already. */
export function findPlace(root: string, path: string): Result<Place> {
  const reason = whyUnsafe(path);
  if (reason !== undefined) return err(unsafePath(path, root, reason));
  try {
    return walk(root, path);
  } catch (error) {
    const failure = ioError('look up', join(root, path), error);
    if (OrchError.is(failure)) return err(failure);
    throw failure;
  }
}

function walk(root: string, path: string): Result<Place> {
  const steps: Step[] = [];
  let target = root;
  let stats: Stats | undefined;
  for (const name of namesOf(path)) {
    steps.push({ folder: target, name });
    target = target.endsWith(sep) ? target + name : target + sep + name;
    stats = look(target);
    if (stats?.isSymbolicLink()) {
      const real = follow(root, target);
      if (!real.ok) return err(unsafePath(path, root, real.error));
      target = real.value;
      stats = look(target);
    }
  }
  return ok({ target, stats, steps });
}

/** Undefined also below something that is no folder: whoever writes there learns it then. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

function follow(root: string, link: string): Result<string, string> {
  let real: string;
  try {
    real = realpathSync.native(link);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'ENOTDIR'))
      return err(`it goes through the link ${link}, which leads nowhere`);
    throw error;
  }
  const below = relative(realpathSync.native(root), real);
  if (below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)) {
    return err(`it goes through the link ${link}, which leads out to ${real}`);
  }
  return ok(join(root, below));
}

export function unsafePath(path: string, root: string, reason: string): OrchError {
  const message = `the path ${JSON.stringify(path)} cannot be used below ${root}: ${reason}`;
  return new OrchError('unsafe_path', message, {
    hint: 'Use a relative path such as docs/notes.md.',
    details: { path },
  });
}
