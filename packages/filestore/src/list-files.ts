import { readdirSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { draftPattern } from './draft.ts';
import { hasCode, ioError } from './io-error.ts';

/** Paths below `root`, with `/`, of all files but drafts, in the order of their code units. Links are left out. */
export function listFiles(root: string): string[] {
  return filesIn(root, '').sort();
}

/** By hand: the recursive form of `readdir` goes through links. */
function filesIn(root: string, folder: string): string[] {
  return entriesOf(join(root, folder)).flatMap((entry) => {
    if (entry.isDirectory()) return filesIn(root, `${folder}${entry.name}/`);
    return entry.isFile() && !draftPattern.test(entry.name) ? [`${folder}${entry.name}`] : [];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw ioError('list', folder, error);
  }
}
