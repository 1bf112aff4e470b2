/** Reads a body as its bytes come, however they are cut. What `push` gives is to be taken before the next bytes come. */
export type Decoder<E> = { push(chunk: Uint8Array): Iterable<E>; end(): Iterable<E> };

export async function* decodeWith<E>(decoder: Decoder<E>, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<E, void> {
  for await (const chunk of chunks) {
    for (const event of decoder.push(chunk)) yield event;
  }
  for (const event of decoder.end()) yield event;
}
