import type { Digest } from '@orch/contracts';
import type { Stats } from 'node:fs';

/** A file as it was at the moment `asOf`; `ctimeMs` if it was looked up. */
type Known = {
  readonly sha256: Digest;
  readonly size: number;
  readonly asOf: number;
  readonly ctimeMs: number | undefined;
};

/** Milliseconds in which a file system may give two changes one time. Those that keep whole seconds are not trusted. */
const tick = 50;

/**
 * What one object knows of the files it wrote and read, by absolute path, to read them no more often than needed.
 * Changes by others show in `ctimeMs`, which no program can set, unless they come within a tick of the last one.
 */
export class KnownFiles {
  readonly #files = new Map<string, Known>();

  /** Of the content last written or found there. */
  digestOf(path: string): Digest | undefined {
    return this.#files.get(path)?.sha256;
  }

  /** Certain: the content was read when it had not changed for more than a tick. */
  has(path: string, sha256: Digest, { ctimeMs }: Stats): boolean {
    const known = this.#files.get(path);
    if (known?.sha256 !== sha256 || known.ctimeMs !== ctimeMs) return false;
    return ctimeMs + tick < known.asOf && ctimeMs % 1000 !== 0;
  }

  /** Nearly certain: within a tick of our own write, others may have put this content there. */
  hasOther(path: string, sha256: Digest, { size, ctimeMs }: Stats): boolean {
    const known = this.#files.get(path);
    return known !== undefined && known.sha256 !== sha256 && known.size === size && ctimeMs <= known.asOf;
  }

  wrote(path: string, sha256: Digest, size: number): void {
    this.#files.set(path, { sha256, size, asOf: Date.now(), ctimeMs: undefined });
  }

  /** `asOf` and `stats` are from before the content was read. */
  found(path: string, sha256: Digest, { asOf, stats }: { readonly asOf: number; readonly stats: Stats }): void {
    this.#files.set(path, { sha256, size: stats.size, asOf, ctimeMs: stats.ctimeMs });
  }

  forget(path: string): void {
    this.#files.delete(path);
  }
}
