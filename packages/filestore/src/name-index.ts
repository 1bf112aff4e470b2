import { readdirSync } from 'node:fs';
import { hasCode, ioError } from './io-error.ts';
import type { Step } from './resolve-inside.ts';

type Folder = {
  readonly claimed: Map<string, string>;
  onDisc: Map<string, Set<string>>;
  readAt: number;
  readTook: number;
};

/** Folders with more names than this are not read again for each new name. */
const smallFolder = 16;
/** Reading such folders takes at most one part in so many of the time. */
const readShare = 100;

/**
 * Knows which names would be one file on a system that ignores case or Unicode form. A name that was claimed keeps
 * its spelling; other names are compared with what the folder holds.
 */
export type NameIndex = {
  /** The other spelling under which the name is taken. */
  findClash(step: Step): string | undefined;
  claim(step: Step): void;
  release(step: Step): void;
};

export function createNameIndex(): NameIndex {
  const folders = new Map<string, Folder>();
  const open = (path: string): Folder => {
    let folder = folders.get(path);
    if (folder === undefined) {
      folder = { claimed: new Map(), onDisc: new Map(), readAt: -Infinity, readTook: 0 };
      folders.set(path, folder);
    }
    return folder;
  };
  return {
    findClash({ folder: path, name }) {
      const folder = open(path);
      const key = foldName(name);
      const claimed = folder.claimed.get(key);
      if (claimed !== undefined) return claimed === name ? undefined : claimed;
      refresh(path, folder);
      const taken = folder.onDisc.get(key);
      return taken === undefined || taken.has(name) ? undefined : [...taken][0];
    },
    claim: ({ folder, name }) => void open(folder).claimed.set(foldName(name), name),
    release: ({ folder, name }) => void open(folder).claimed.delete(foldName(name)),
  };
}

/** Equal for names that differ in case or Unicode form only. Upper case first: it takes ß to SS and ſ to S. */
function foldName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

function refresh(path: string, folder: Folder): void {
  const now = performance.now();
  if (folder.onDisc.size > smallFolder && now - folder.readAt < folder.readTook * readShare) return;
  folder.onDisc = new Map();
  for (const name of namesIn(path)) {
    const key = foldName(name);
    const spellings = folder.onDisc.get(key);
    if (spellings === undefined) folder.onDisc.set(key, new Set([name]));
    else spellings.add(name);
  }
  folder.readAt = performance.now();
  folder.readTook = folder.readAt - now;
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw ioError('list', path, error);
  }
}
