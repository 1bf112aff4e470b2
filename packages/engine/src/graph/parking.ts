import type { Clock } from '@orch/contracts';
import { createFifo } from '@orch/dag';
import type { Queue } from '@orch/dag';
import type { RunNode } from './graph.ts';

/** A provider that takes no request at present. */
export type Throttle = {
  readonly who: object;
  /** Until when, in milliseconds from now; 0 when it is until a request that is under way has ended. */
  readonly ms: number;
  /** Called once for all that wait together. */
  readonly tell: () => void;
};

export type ParkingOptions = {
  /** Whom a node asks, when that one takes no request at present. */
  readonly throttle: ((node: RunNode) => Throttle | undefined) | undefined;
  readonly clock: Clock;
  /** Aborts when nobody takes any more: frees timers. */
  readonly over: AbortSignal;
  readonly letGo: (nodes: readonly RunNode[]) => void;
};

/** Nodes that do not start, since the provider they would ask takes no request at present. */
export type Parking = {
  /** Whether the node is kept until it may start; `started` others have, and have not ended. */
  keeps(node: RunNode, started: number): boolean;
  /** A request or a node has ended: lets go the first of those who waited for that, if its provider takes requests now. */
  look(started: number): void;
};

type Waiting = { first: RunNode; readonly others: Queue<RunNode> };

/** Those who ask the same provider wait together: with one timer, or for one another. */
export function createParking({ throttle, clock, over, letGo }: ParkingOptions): Parking {
  const untilThen = new Map<object, RunNode[]>();
  const untilOneEnds = new Map<object, Waiting>();

  const waitUntil = (node: RunNode, { who, ms, tell }: Throttle): void => {
    const parked = untilThen.get(who);
    if (parked !== undefined) return void parked.push(node);
    const nodes = [node];
    untilThen.set(who, nodes);
    tell();
    const wake = (): void => {
      untilThen.delete(who);
      letGo(nodes);
    };
    clock.sleep(ms, over).then(wake, (reason: unknown) => {
      if (!over.aborted) throw reason;
    });
  };
  const waitForOne = (node: RunNode, { who, tell }: Throttle): void => {
    const waiting = untilOneEnds.get(who);
    if (waiting !== undefined) return void waiting.others.offer(node);
    untilOneEnds.set(who, { first: node, others: createFifo() });
    tell();
  };

  return {
    keeps(node, started) {
      const found = throttle?.(node);
      if (found === undefined) return false;
      if (found.ms > 0) waitUntil(node, found);
      // Nobody of this run whose end could let it go: whoever takes up the provider is somebody else's.
      else if (started === 0) return false;
      else waitForOne(node, found);
      return true;
    },
    look(started) {
      for (const [who, waiting] of untilOneEnds) {
        const { first, others } = waiting;
        if (started > 0 && throttle?.(first)?.ms === 0) continue;
        const next = others.take();
        if (next === undefined) untilOneEnds.delete(who);
        else waiting.first = next;
        letGo([first]);
      }
    },
  };
}
