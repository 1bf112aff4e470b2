const asked = process.env['ORCH_FUZZ_RUNS'];

/** So many cases as `ORCH_FUZZ_RUNS` says, each time others; unless it is set a few hundred, always the same. */
export const fuzzRuns: { readonly numRuns: number; readonly seed?: number } =
  asked === undefined ? { numRuns: 300, seed: 4 } : { numRuns: Number(asked) };

/** Milliseconds that a test with so many cases may take. */
export const fuzzTimeout = 10_000 + 10 * fuzzRuns.numRuns;
