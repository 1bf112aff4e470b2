/** The candidate that a person probably meant: a third of its letters or less differ. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const longest = Math.max(word.length, candidate.length);
    const slips = longest > 64 ? Infinity : countSlips(word, candidate);
    if (slips < least && slips * 3 <= longest) [best, least] = [candidate, slips];
  }
  return best;
}

/** `, did you mean "prompt"?`, or nothing. */
export function suggest(word: string, candidates: Iterable<string>): string {
  const close = nearest(word, candidates);
  return close === undefined ? '' : `, did you mean ${JSON.stringify(close)}?`;
}

/** Letters inserted, left out, replaced, or swapped with their neighbour (optimal string alignment). */
function countSlips(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const above = rows[row - 1]!;
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swap = swapped ? (rows[row - 2]?.[column - 2] ?? Infinity) : Infinity;
      current.push(
        Math.min(above[column - 1]! + (same ? 0 : 1), above[column]! + 1, current[column - 1]! + 1, swap + 1),
      );
    }
    rows.push(current);
  }
  return rows[a.length]![b.length]!;
}
