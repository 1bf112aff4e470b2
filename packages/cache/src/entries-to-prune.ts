import type { Digest } from '@orch/contracts';

/** An entry, and the blobs that it names. */
export type Holding = { readonly bytes: number; readonly usedAt: number; readonly blobs: readonly Digest[] };

export type PruneLimits = {
  /** Entries that were last used before this moment go; milliseconds since 1970. */
  readonly usedSince: number;
  /** Entries go until all others and the blobs they name are no more than this. */
  readonly maxBytes: number;
};

/** Those unused for longest, as many as the limits ask for. */
export function entriesToPrune<T extends Holding>(
  entries: readonly T[],
  blobBytes: ReadonlyMap<Digest, number>,
  { usedSince, maxBytes }: PruneLimits,
): T[] {
  const oldestFirst = entries.toSorted((a, b) => a.usedAt - b.usedAt);
  const held = new HeldBytes(blobBytes);
  for (const entry of oldestFirst) held.add(entry);
  const kept = oldestFirst.findIndex((entry) => {
    if (entry.usedAt >= usedSince && held.bytes <= maxBytes) return true;
    held.drop(entry);
    return false;
  });
  return kept === -1 ? oldestFirst : oldestFirst.slice(0, kept);
}

/** What entries take on disc: a blob counts once, however many name it. */
class HeldBytes {
  readonly #blobBytes: ReadonlyMap<Digest, number>;
  readonly #namedBy = new Map<Digest, number>();
  bytes = 0;

  constructor(blobBytes: ReadonlyMap<Digest, number>) {
    this.#blobBytes = blobBytes;
  }

  add({ bytes, blobs }: Holding): void {
    this.bytes += bytes;
    for (const digest of blobs) {
      const others = this.#namedBy.get(digest) ?? 0;
      if (others === 0) this.bytes += this.#blobBytes.get(digest) ?? 0;
      this.#namedBy.set(digest, others + 1);
    }
  }

  drop({ bytes, blobs }: Holding): void {
    this.bytes -= bytes;
    for (const digest of blobs) {
      const others = (this.#namedBy.get(digest) ?? 1) - 1;
      if (others === 0) this.bytes -= this.#blobBytes.get(digest) ?? 0;
      this.#namedBy.set(digest, others);
    }
  }
}
