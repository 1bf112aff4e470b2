import { readdirSync, statSync } from 'node:fs';
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

/** All that goes into an archive: by name, folders before what is in them. Links to files of the run go as files. */
export function* carriedEntries(dir: string, onLeftOut: (left: LeftOut) => void): Generator<CarriedEntry> {
  yield* entriesIn('');

  function* entriesIn(folder: string): Generator<CarriedEntry> {
    const names = new NameClaims();
    for (const name of readdirSync(join(dir, folder)).sort()) {
      const path = folder + name;
      if (staysHere(path)) continue;
      const entry = entryAt(dir, path);
      const reason = entry.ok ? names.claim(name, entry.value.type) : entry.error;
      if (reason !== undefined) onLeftOut({ path, reason });
      else if (entry.ok) {
        yield entry.value;
        if (entry.value.type === 'folder') yield* entriesIn(`${path}/`);
      }
    }
  }
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
