/**
 * Decides which of the ready nodes starts next, and whether one may. It is offered each node as it becomes ready and
 * asked for one whenever a slot is free; it never sees the whole list. First in, first out unless given.
 */
export interface Queue<N> {
  /** The node is ready. */
  offer(node: N): void;
  /** The node to start now. Undefined: none was offered, or none may start at present. */
  take(): N | undefined;
  /** A node that was taken no longer holds its place: it ended, parked, waits to be tried again, or cannot start after all. */
  release(node: N): void;
  /**
   * Called once, before anything is offered. A queue that refuses for reasons other than running nodes keeps `again`
   * and calls it as soon as `take` may succeed; after each `release` it is asked anyway.
   */
  wake?(again: () => void): void;
}

/** First in, first out; admits everything. */
export function createFifo<T>(): Queue<T> {
  let offered: T[] = [];
  let next = 0;
  return {
    offer: (value) => void offered.push(value),
    take() {
      if (next === offered.length) return undefined;
      const value = offered[next++];
      if (next * 2 > offered.length) {
        offered = offered.slice(next);
        next = 0;
      }
      return value;
    },
    release() {},
  };
}
