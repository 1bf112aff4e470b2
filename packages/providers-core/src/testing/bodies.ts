/** The bytes, cut at the given places, taken modulo their length. Some chunks are empty. */
export async function* cutAt(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const cuts = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length].toSorted((a, b) => a - b);
  for (const [at, start] of cuts.entries()) yield bytes.subarray(start, cuts[at + 1] ?? start);
}

/** What can be read, and what ends it before its end. */
export async function allOf<T>(parts: AsyncIterable<T>): Promise<{ readonly read: T[]; readonly error: unknown }> {
  const read: T[] = [];
  try {
    for await (const part of parts) read.push(part);
  } catch (error) {
    return { read, error };
  }
  return { read, error: undefined };
}
