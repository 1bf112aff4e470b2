/** First in, first out, each step of constant cost. */
export type Fifo<T> = { push(value: T): void; shift(): T | undefined };

export function createFifo<T>(): Fifo<T> {
  let values: T[] = [];
  let head = 0;
  return {
    push: (value) => void values.push(value),
    shift() {
      if (head === values.length) return undefined;
      const value = values[head++];
      if (head * 2 > values.length) {
        values = values.slice(head);
        head = 0;
      }
      return value;
    },
  };
}
