/** Chance that can be had again: the same seed draws the same. */
export type Draw = {
  /** From 0 up to 1, without it. */
  number(): number;
  /** A whole number from 1 to `most`. */
  upTo(most: number): number;
  oneOf<T>(things: readonly T[]): T;
};

/** The generator mulberry32; seeds are whole numbers. */
export function drawFrom(seed: number): Draw {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const number = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (most: number): number => 1 + Math.floor(number() * most);
  return { number, upTo, oneOf: (things) => things[upTo(things.length) - 1]! };
}
