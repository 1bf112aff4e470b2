import { readFileSync } from 'node:fs';

/** The version of the engine: in every log, manifest and cache entry. */
export const orchVersion = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
