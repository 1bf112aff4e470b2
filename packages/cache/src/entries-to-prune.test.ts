import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entriesToPrune } from './entries-to-prune.ts';
import type { Holding } from './entries-to-prune.ts';

const digests = ['a', 'b', 'c', 'd'];
const blobBytes = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 }).map((sizes) => {
  return new Map(digests.map((digest, at) => [digest, sizes[at] ?? 0]));
});
const entries = fc.array(
  fc.record({ bytes: fc.nat(50), usedAt: fc.nat(20), blobs: fc.uniqueArray(fc.constantFrom(...digests)) }),
  { maxLength: 12 },
);

test('the longest unused go, no more of them than the limits ask for', () => {
  fc.assert(
    fc.property(entries, blobBytes, fc.nat(20), fc.nat(400), (all, sizes, usedSince, maxBytes) => {
      const fits = (kept: readonly Holding[]) => {
        const named = new Set(kept.flatMap(({ blobs }) => blobs));
        const sum = [...kept.map(({ bytes }) => bytes), ...[...named].map((digest) => sizes.get(digest) ?? 0)];
        return sum.reduce((a, b) => a + b, 0) <= maxBytes && kept.every(({ usedAt }) => usedAt >= usedSince);
      };
      const gone = entriesToPrune(all, sizes, { usedSince, maxBytes });
      const kept = all.filter((entry) => !gone.includes(entry));
      const lastGone = gone.at(-1);
      expect(kept.length + gone.length).toBe(all.length);
      expect(kept.every(({ usedAt }) => usedAt >= (lastGone?.usedAt ?? 0))).toBe(true);
      expect(kept.length === 0 || fits(kept)).toBe(true);
      if (lastGone) expect(fits([...kept, lastGone])).toBe(false);
    }),
  );
});
