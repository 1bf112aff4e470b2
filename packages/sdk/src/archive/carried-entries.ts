import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { resolveInside } from '@orch/filestore';
import { NameClaims } from './name-claims.ts';

/** A file or folder of a run, its path relative to the run's folder. `source` is where its content stands. */
export type CarriedEntry =
  | { readonly type: 'file'; readonly path: string; readonly source: string }
  | { readonly type: 'folder'; readonly path: string };

/** Something of a run that cannot stand in an archive, such as a link that leads out, and why. */
export type LeftOut = { readonly path: string; readonly reason: string };

/**
 * Whether a path of a run is about this machine alone, and stays: who holds the run, what others ask of it, where it
 * came from, files half written.
 */
export function staysHere(path: string): boolean {
  return stays.test(path);
}

const stays = /^(run\.lock[^/]*|owner\.json|inbox|inputs\/origin\.json|(.*\/)?\.orch-[^/]*\.tmp)(\/|$)/i;

type Carrying = {
  readonly onLeftOut: (left: LeftOut) => void;
  /** What goes with the run though it stands elsewhere, by the path that it gets. What the run has already wins. */
  readonly brought?: ReadonlyMap<string, string> | undefined;
};

/** All that goes into an archive: by name, folders before what is in them. Links to files of the run go as files. */
export function* carriedEntries(dir: string, { onLeftOut, brought = new Map() }: Carrying): Generator<CarriedEntry> {
  const below = namesBelow(brought.keys());
  yield* entriesIn('');

  function* entriesIn(folder: string): Generator<CarriedEntry> {
    const names = new NameClaims();
    const own = existsSync(join(dir, folder)) ? readdirSync(join(dir, folder)) : [];
    for (const name of [...new Set([...own, ...(below.get(folder) ?? [])])].sort()) {
      const path = folder + name;
      if (staysHere(path)) continue;
      const entry = own.includes(name) ? entryAt(dir, path) : ok(broughtEntry(path, brought.get(path)));
      const reason = entry.ok ? names.claim(name, entry.value.type) : entry.error;
      if (reason !== undefined) onLeftOut({ path, reason });
      else if (entry.ok) {
        yield entry.value;
        if (entry.value.type === 'folder') yield* entriesIn(`${path}/`);
      }
    }
  }
}

/** By folder, as it is written before a name. */
function namesBelow(paths: Iterable<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const path of paths) {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, path.lastIndexOf('/', end - 1) + 1);
      names.set(folder, (names.get(folder) ?? new Set()).add(path.slice(folder.length, end)));
    }
  }
  return names;
}

function broughtEntry(path: string, source: string | undefined): CarriedEntry {
  return source === undefined ? { type: 'folder', path } : { type: 'file', path, source };
}

function entryAt(dir: string, path: string): Result<CarriedEntry, string> {
  const place = resolveInside(dir, path);
  if (!place.ok) return err(place.error.message);
  const source = place.value;
  const stats = statSync(source);
  if (stats.isFile()) return ok({ type: 'file', path, source });
  if (source !== join(dir, path)) return err(`it is a link to ${source}, which is no file`);
  return stats.isDirectory() ? ok({ type: 'folder', path }) : err('it is neither a file nor a folder');
}
