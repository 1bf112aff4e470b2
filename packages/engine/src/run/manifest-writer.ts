import { OrchError } from '@orch/contracts';
import type { Clock, Manifest } from '@orch/contracts';
import { writeAtomic } from '@orch/filestore';
import { jsonPieces } from './json-pieces.ts';

/** Milliseconds between two writings, at least; and at most this share of the time is spent on them. */
const interval = 250;
const share = 0.05;

export type ManifestWriter = {
  /** Something changed: writes now or soon. */
  touch(): void;
  /** Writes what is true now, and returns it. */
  finish(): Manifest;
};

/** Rewrites `manifest.json` atomically while a run goes on. It is only a cache of the fold, so it is never synced. */
export function createManifestWriter(path: string, clock: Clock, fold: () => Manifest): ManifestWriter {
  let allowedAt = 0;
  let stale: NodeJS.Timeout | undefined;

  const write = (): Manifest => {
    clearTimeout(stale);
    stale = undefined;
    const began = clock.monotonic();
    const manifest = fold();
    tryWrite(path, manifest);
    const took = clock.monotonic() - began;
    allowedAt = began + Math.max(interval, took / share);
    return manifest;
  };
  return {
    touch() {
      const wait = allowedAt - clock.monotonic();
      if (wait <= 0) write();
      else stale ??= setTimeout(write, wait).unref();
    },
    finish: write,
  };
}

function tryWrite(path: string, manifest: Manifest): void {
  try {
    writeAtomic(path, jsonPieces(manifest), { durability: 'relaxed' });
  } catch (error) {
    // It is only a cache of the log: the run goes on without it, and readers fold again.
    if (!OrchError.is(error)) throw error;
  }
}
