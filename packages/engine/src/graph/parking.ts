import type { Clock } from '@orch/contracts';
import { createFifo } from '@orch/dag';
import type { Queue } from '@orch/dag';
import { sleepThen } from '../run/sleep-then.ts';
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

type Waiting = { first: RunNode; readonly others: Queue<RunNode>; hasTimer: boolean };

/** Those who ask the same provider wait together. */
export function createParking({ throttle, clock, over, letGo }: ParkingOptions): Parking {
  const parked = new Map<object, Waiting>();

  /** All go on when the time is over: most of them find room. */
  const startTimer = ({ who, ms }: Throttle, waiting: Waiting): void => {
    if (ms === 0 || waiting.hasTimer) return;
    waiting.hasTimer = true;
    sleepThen(clock, { ms, freed: over }, () => {
      if (parked.get(who) !== waiting) return;
      parked.delete(who);
      letGo([waiting.first, ...allOf(waiting.others)]);
    });
  };
  const letFirstGo = (who: object, waiting: Waiting): void => {
    const { first, others } = waiting;
    const next = others.take();
    if (next === undefined) parked.delete(who);
    else waiting.first = next;
    letGo([first]);
  };

  return {
    keeps(node, started) {
      const found = throttle?.(node);
      if (found === undefined) return false;
      // Nobody of this run whose end could let it go: whoever takes up the provider is somebody else's.
      if (found.ms === 0 && started === 0) return false;
      const waiting = parked.get(found.who) ?? { first: node, others: createFifo<RunNode>(), hasTimer: false };
      if (parked.has(found.who)) waiting.others.offer(node);
      else {
        parked.set(found.who, waiting);
        found.tell();
      }
      startTimer(found, waiting);
      return true;
    },
    look(started) {
      for (const [who, waiting] of parked) {
        const found = throttle?.(waiting.first);
        if (found === undefined || (found.ms === 0 && started === 0)) letFirstGo(who, waiting);
        else startTimer(found, waiting);
      }
    },
  };
}

function allOf(queue: Queue<RunNode>): RunNode[] {
  const nodes: RunNode[] = [];
  for (let node = queue.take(); node !== undefined; node = queue.take()) nodes.push(node);
  return nodes;
}
