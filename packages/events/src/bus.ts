import type { OrchEvent } from '@orch/contracts';

/** The events that a pattern names: `*` all, `step.*` a family, else one type. */
export type Matching<E extends { readonly type: string }, P extends string> = P extends '*'
  ? E
  : P extends `${infer Family}.*`
    ? Extract<E, { readonly type: `${Family}.${string}` }>
    : Extract<E, { readonly type: P }>;

/** The patterns that name events of `E`. */
export type Pattern<E extends { readonly type: string }> =
  | E['type']
  | '*'
  | (E['type'] extends infer T ? (T extends `${infer Family}.${string}` ? `${Family}.*` : never) : never);

export interface Bus<E extends { readonly type: string }> {
  /** Tells all observers, in the order they came. What an observer emits is told after that. Never throws. */
  emit(event: E): void;
  /** Returns how to stop. */
  on<P extends Pattern<E>>(pattern: P, observer: (event: Matching<E, P>) => void): () => void;
  /** Told of what observers throw or reject with; without it that becomes a process warning. Returns how to stop. */
  onError(handler: (error: unknown, event: E) => void): () => void;
}

type Observer<E> = { readonly matches: (type: string) => boolean; readonly tell: (event: E) => unknown };

/** A bus in memory: observers watch, none can disturb who emits. */
export function createBus<E extends { readonly type: string } = OrchEvent>(): Bus<E> {
  const observers = new Set<Observer<E>>();
  const handlers = new Set<(error: unknown, event: E) => void>();
  const byType = new Map<string, readonly Observer<E>[]>();
  const queue: E[] = [];

  return { emit, on, onError };

  function emit(event: E): void {
    if (queue.push(event) > 1) return;
    for (let next = queue[0]; next; next = queue[0]) {
      for (const observer of observersOf(next.type)) if (observers.has(observer)) tell(observer, next);
      queue.shift();
    }
  }

  function on<P extends Pattern<E>>(pattern: P, observer: (event: Matching<E, P>) => void): () => void {
    return add({ matches: matcherOf(pattern), tell: observer as (event: E) => unknown });
  }

  function onError(handler: (error: unknown, event: E) => void): () => void {
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }

  function add(observer: Observer<E>): () => void {
    observers.add(observer);
    byType.clear();
    return () => {
      observers.delete(observer);
      byType.clear();
    };
  }

  function observersOf(type: string): readonly Observer<E>[] {
    let found = byType.get(type);
    if (!found) byType.set(type, (found = [...observers].filter(({ matches }) => matches(type))));
    return found;
  }

  function tell(observer: Observer<E>, event: E): void {
    try {
      const told = observer.tell(event);
      if (told instanceof Promise) told.catch((error: unknown) => report(error, event));
    } catch (error) {
      report(error, event);
    }
  }

  function report(error: unknown, event: E): void {
    if (handlers.size === 0) warn(error);
    for (const handler of handlers) {
      try {
        handler(error, event);
      } catch (second) {
        warn(second);
      }
    }
  }
}

function matcherOf(pattern: string): (type: string) => boolean {
  if (pattern === '*') return () => true;
  if (!pattern.endsWith('.*')) return (type) => type === pattern;
  const family = pattern.slice(0, -1);
  return (type) => type.startsWith(family);
}

function warn(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.emitWarning(`An observer of the bus failed: ${message}`, { type: 'BusObserverWarning' });
}
