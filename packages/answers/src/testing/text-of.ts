import fc from 'fast-check';

/** Texts made of pieces that mean something to a parser, and of anything else. */
export function textOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  return fc.array(pieceOf(pieces), { maxLength: 40, size: 'max' }).map((parts) => parts.join(''));
}

/** A text that a parser takes, with a few lines gone, doubled, or with such pieces between them. */
export function damaged(samples: readonly string[], ...pieces: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(200),
    gone: fc.nat(2),
    copied: fc.nat(200),
    piece: fc.option(pieceOf(pieces), { nil: undefined }),
  });
  return fc.tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 4 })).map(([sample, edits]) => {
    const lines = sample.split(/(?<=\n)/);
    for (const { at, gone, copied, piece } of edits) {
      lines.splice(at % (lines.length + 1), gone, piece ?? lines[copied % Math.max(1, lines.length)] ?? '');
    }
    return lines.join('');
  });
}

function pieceOf(pieces: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii' }) },
  );
}
