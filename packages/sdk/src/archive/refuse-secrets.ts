import { closeSync, openSync, readSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { Hider } from '@orch/contracts';
import { hidesNothing } from '@orch/secrets';
import { carriedEntries } from './carried-entries.ts';

/** How many files the error names. */
const most = 10;

/**
 * The last look before a run leaves the machine: throws `usage` when a file of it, or the name of one, holds a secret.
 * Of a run that was killed, or whose variable became a secret only later.
 */
export function refuseSecrets(dir: string, hider: Hider): void {
  if (hidesNothing(hider)) return;
  const found: string[] = [];
  for (const entry of carriedEntries(dir, { onLeftOut: () => undefined })) {
    const name = hider.text(entry.path);
    if (name !== entry.path || (entry.type === 'file' && holdsSecret(entry.source, hider))) found.push(name);
  }
  if (found.length === 0) return;
  const more = found.length > most ? ` and ${found.length - most} more` : '';
  throw new OrchError(
    'usage',
    `Expected a run without secrets, found some in ${found.slice(0, most).join(', ')}${more}.`,
    {
      hint: 'Take the variable out of the environment if it is no secret; else start the run anew: its log cannot be changed.',
      details: { files: found },
    },
  );
}

/** Bytes read at once. */
const chunkSize = 1024 * 1024;

/** Whether a file does. As units of one byte, so that a piece may end within a character. */
export function holdsSecret(path: string, hider: Hider): boolean {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(chunkSize);
    let tail = Buffer.alloc(0);
    for (let count = readSync(file, chunk); count > 0; count = readSync(file, chunk)) {
      const bytes = Buffer.concat([tail, chunk.subarray(0, count)]);
      if (hider.bytes(bytes) !== bytes) return true;
      tail = Buffer.from(bytes.subarray(-overlap));
    }
    return false;
  } finally {
    closeSync(file);
  }
}

/** Bytes of a piece that are looked at again with the next one: more than a secret has, however it is written. */
const overlap = 64 * 1024;
