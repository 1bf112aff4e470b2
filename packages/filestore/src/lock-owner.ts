import { OrchError } from '@orch/contracts';
import { readFileSync } from 'node:fs';
import { hasCode } from './io-error.ts';

/** The `locked` error, with what the holder wrote about itself when that can be read. */
export function lockedError(path: string, ownerFile: string | undefined): OrchError {
  const owner = ownerFile === undefined ? undefined : readOwner(ownerFile);
  const holder = owner === undefined ? 'another process' : `another process (${owner})`;
  return new OrchError('locked', `expected ${path} to be free, it is held by ${holder}`, {
    hint: 'Wait until that process is done, or end it; the lock ends with it.',
    details: { path, owner },
  });
}

function readOwner(path: string): string | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof owner === 'object' && owner !== null ? inWords(owner) : undefined;
  } catch (error) {
    // Who it is only makes the message better: it may not be written yet, or not be for our eyes.
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function inWords(owner: object): string | undefined {
  const words = Object.entries(owner)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([name, value]) => `${name} ${value as string | number}`);
  return words.length === 0 ? undefined : words.join(', ');
}
