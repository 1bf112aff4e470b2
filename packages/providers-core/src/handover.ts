/** Parts on their way from the one who makes them to the one who reads them. */
export type Handover<T> = {
  /** Resolves when the reader comes for more; rejects with the reason when it left. */
  hand(parts: readonly T[]): Promise<void>;
  /** The next parts; undefined when there will be none. */
  take(): Promise<readonly T[] | undefined>;
  /** There will be none any more. */
  end(): void;
  /** The reader wants none any more. */
  leave(reason: Error): void;
};

/** Nobody runs ahead: one load is under way at most, and its maker waits until the reader has used it. */
export function createHandover<T>(): Handover<T> {
  let load: readonly T[] | undefined;
  let ended = false;
  let left: Error | undefined;
  let maker: PromiseWithResolvers<void> | undefined;
  let reader: ((parts: readonly T[] | undefined) => void) | undefined;

  const pass = (): void => {
    if (reader === undefined || (load === undefined && !ended)) return;
    const [parts, resolve] = [load, reader];
    load = undefined;
    reader = undefined;
    resolve(parts);
  };
  return {
    hand(parts) {
      if (left !== undefined) return Promise.reject(left);
      load = parts;
      maker = Promise.withResolvers();
      pass();
      return maker.promise;
    },
    take() {
      if (load === undefined) maker?.resolve();
      return new Promise((resolve) => {
        reader = resolve;
        pass();
      });
    },
    end() {
      ended = true;
      pass();
    },
    leave(reason) {
      left = reason;
      maker?.reject(reason);
    },
  };
}
