import type { Clock } from '@orch/contracts';
import { createFifo } from '@orch/dag';
import type { Queue } from '@orch/dag';
import type { RunNode } from './graph.ts';
import { createParking } from './parking.ts';
import type { Throttle } from './parking.ts';

export type Admission = Queue<RunNode> & {
  /** Gives the place of a running node back while it waits; resolves when it has one again. */
  rest(wait: () => Promise<void>): Promise<void>;
  /** Whoever waits for a provider is looked at again: it may take requests now. */
  stir(): void;
};

export type AdmissionOptions = {
  readonly concurrency: number;
  /** Whom a node asks, when that one takes no request at present: nodes that ask it do not start until it does. */
  readonly throttle?: ((node: RunNode) => Throttle | undefined) | undefined;
  readonly clock: Clock;
  /** Aborts when nobody takes any more: frees timers. */
  readonly over: AbortSignal;
};

type Group = { running: number; readonly parked: Queue<RunNode> };

/**
 * First in, first out, but never more than `concurrency` steps and items at once, nor more items of one step than its
 * `max_parallel`, and none whose provider could not be asked yet. To find the items of a step and to join them is no
 * work: it waits for nobody. What rests holds no place, and comes before what has not started.
 */
export function createAdmission({ concurrency, throttle, clock, over }: AdmissionOptions): Admission {
  const ready = createFifo<RunNode>();
  const free = createFifo<RunNode>();
  const returning = createFifo<() => void>();
  const groups = new Map<string, Group>();
  const letGo = (nodes: readonly RunNode[]): void => {
    for (const node of nodes) ready.offer(node);
    again();
  };
  const parking = createParking({ throttle, clock, over, letGo });
  let running = 0;
  /** Running or at rest. */
  let started = 0;
  let again = (): void => undefined;

  const limitOf = (node: RunNode) => (node.type === 'item' ? node.step.each?.max_parallel : undefined);
  const groupOf = (node: RunNode): Group => {
    const group = groups.get(node.step.id) ?? { running: 0, parked: createFifo<RunNode>() };
    groups.set(node.step.id, group);
    return group;
  };
  /** Whether the node may run now; else it is kept until another of its step ends. */
  const admit = (node: RunNode): boolean => {
    const limit = limitOf(node);
    if (limit === undefined) return true;
    const group = groupOf(node);
    if (group.running >= limit) {
      group.parked.offer(node);
      return false;
    }
    group.running++;
    return true;
  };
  const takeWork = (): RunNode | undefined => {
    if (running >= concurrency) return undefined;
    for (let node = ready.take(); node !== undefined; node = ready.take()) {
      if (parking.keeps(node, started) || !admit(node)) continue;
      running++;
      started++;
      return node;
    }
    return undefined;
  };
  const giveBack = (): void => {
    running--;
    if (running >= concurrency) return;
    const next = returning.take();
    if (next === undefined) return;
    running++;
    next();
  };

  return {
    offer: (node) => (isWork(node) ? ready : free).offer(node),
    take: () => free.take() ?? takeWork(),
    release(node) {
      if (!isWork(node)) return;
      giveBack();
      started--;
      parking.look(started);
      if (limitOf(node) === undefined) return;
      const group = groupOf(node);
      group.running--;
      const parked = group.parked.take();
      if (parked !== undefined) ready.offer(parked);
    },
    wake: (callback) => void (again = callback),
    stir: () => parking.look(started),
    async rest(wait) {
      giveBack();
      again();
      try {
        await wait();
      } finally {
        if (running < concurrency) running++;
        else await new Promise<void>((resolve) => void returning.offer(resolve));
      }
    },
  };
}

function isWork({ type }: RunNode): boolean {
  return type === 'step' || type === 'item';
}
