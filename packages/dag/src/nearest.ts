/** Longer words are nobody's slip, and comparing them costs the product of their lengths. */
const longest = 64;

/** The candidate that differs from `word` by the fewest typing slips, if at most a third of its letters are wrong. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: { readonly candidate: string; readonly slips: number } | undefined;
  for (const candidate of candidates) {
    const length = Math.max(word.length, candidate.length);
    const allowed = length > longest ? -1 : Math.floor(length / 3);
    if (Math.abs(word.length - candidate.length) > allowed) continue;
    const slips = countSlips(word, candidate);
    if (slips <= allowed && slips < (best?.slips ?? Infinity)) best = { candidate, slips };
  }
  return best?.candidate;
}

/** Optimal string alignment distance: letters inserted, left out, replaced, or swapped with their neighbour. */
function countSlips(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1, swapped ? before[j - 2]! + 1 : Infinity);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
