import { readFileSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { Manifest } from '@orch/contracts';
import { logStart } from '@orch/events';
import type { LogPlace } from '@orch/events';

/** The place up to which the manifest knows the log to be synced. Without a manifest that can be read, nothing is known. */
export function readWatermark(manifest: string): LogPlace {
  try {
    const written = JSON.parse(readFileSync(manifest, 'utf8')) as Partial<Manifest> | null;
    return isPlace(written?.log) ? written.log : logStart;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return logStart;
    throw OrchError.from(error, 'io');
  }
}

function isPlace(place: Partial<LogPlace> | undefined): place is LogPlace {
  return typeof place?.seq === 'number' && typeof place.bytes === 'number' && typeof place.sha256 === 'string';
}
