const listening = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when a signal aborts; returns how not to be called. The signal gets one listener for all: it would
 * look through its listeners, one for each attempt under way, whenever one comes or goes.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = listening.get(signal);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    listening.set(signal, (callbacks = all));
    signal.addEventListener('abort', () => all.forEach((call) => call()), { once: true });
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}
