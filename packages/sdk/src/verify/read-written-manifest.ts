import { readFileSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { Manifest } from '@orch/contracts';

/** `manifest.json` as it stands. Undefined when it is missing or torn: it is only a cache of the fold. */
export function readWrittenManifest(path: string): Manifest | undefined {
  try {
    const written = JSON.parse(readFileSync(path, 'utf8')) as Partial<Manifest> | null;
    return hasPlace(written) ? written : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw OrchError.from(error, 'io');
  }
}

function hasPlace(written: Partial<Manifest> | null): written is Manifest {
  const { seq, bytes, sha256 } = written?.log ?? {};
  return typeof seq === 'number' && typeof bytes === 'number' && typeof sha256 === 'string';
}
