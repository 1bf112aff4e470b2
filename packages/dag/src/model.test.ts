import { FakeClock } from '@orch/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Ending } from './build-dag.ts';
import type { FinalOutcome, KnownOutcome, Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { DagResult, FailurePolicy } from './run-dag.ts';

/** `ms`: how long an attempt takes; with 0 it answers at once. `pauses`: waits before its further attempts. */
type Node = {
  readonly id: string;
  readonly needs: readonly string[];
  readonly accepts?: { readonly [need: string]: readonly Ending[] } | undefined;
  readonly ms: number;
  readonly pauses: readonly number[];
  readonly act: 'succeed' | 'fail' | 'throw' | 'skip' | 'park';
  readonly policy: FailurePolicy;
  readonly known: boolean;
};

/** When something comes from outside: at a time, or within the nth start. */
type Moment = { readonly at: number } | { readonly start: number };
type Scene = {
  readonly nodes: readonly Node[];
  readonly concurrency: number;
  readonly drain: Moment | undefined;
  readonly abort: Moment | undefined;
};
/** What is to be seen of a run: each start, each end of a node that ran, what came of all. */
type Story = {
  readonly starts: string[];
  /** Whether a node that ended had seen its signal abort. */
  readonly saw: Record<string, boolean>;
  readonly ends: Record<string, string>;
  readonly status: DagResult<string>['status'];
};

const longest = 1e9;
/** So many, and none of them drawn more often, that no two things happen at one time: the model could not tell which is first. */
const time = fc.noBias(fc.integer({ min: 1, max: longest }));
const ms = fc.oneof({ weight: 3, arbitrary: time }, fc.constant(0));
const moment = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  fc.record({ at: fc.oneof({ weight: 9, arbitrary: fc.noBias(fc.nat(4 * longest)) }, fc.constant(0)) }),
  fc.record({ start: fc.integer({ min: 1, max: 12 }) }),
);
/** Mostly nothing is said, and the need has to succeed. */
const accepts = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.subarray<Ending>(['succeeded', 'failed', 'skipped']),
);
const row = fc.record({
  picks: fc.array(fc.record({ pick: fc.nat(), accepts }), { maxLength: 3 }),
  place: fc.nat(),
  ms,
  pauses: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(time, { maxLength: 2 })),
  act: fc.constantFrom<Node['act']>('succeed', 'succeed', 'succeed', 'succeed', 'fail', 'throw', 'skip', 'park'),
  policy: fc.constantFrom<FailurePolicy>('abort', 'skip_dependents', 'skip_dependents', 'continue', 'continue'),
  known: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
/** Nodes are given in any order; each needs up to three that were drawn before it. */
const scenes: fc.Arbitrary<Scene> = fc.record({
  nodes: fc.array(row, { minLength: 1, maxLength: 16 }).map((rows) =>
    rows
      .map(({ picks, place, ...rest }, i) => {
        const edges = new Map(i === 0 ? [] : picks.map((one) => [`n${one.pick % i}`, one.accepts] as const));
        const asked = [...edges].flatMap(([need, ends]) => (ends === undefined ? [] : [[need, ends] as const]));
        const accepts = asked.length === 0 ? undefined : Object.fromEntries(asked);
        return { place, node: { id: `n${i}`, needs: [...edges.keys()], accepts, ...rest } };
      })
      .toSorted((a, b) => a.place - b.place)
      .map(({ node }) => node),
  ),
  concurrency: fc.constantFrom(1, 2, 3, Infinity),
  drain: moment,
  abort: moment,
});

/** Why a node cannot run, going by how one of its needs ended; undefined when it can, or that has not ended. */
function blockOf({ accepts = {} }: Node, need: string, end: string | undefined, continued: boolean) {
  if (end === undefined || end === 'waiting') return undefined;
  const kind = end === 'succeeded' || end === 'failed' ? end : 'skipped';
  const asked = accepts[need] ?? ['succeeded'];
  if (asked.includes(kind) || (continued && asked.includes('succeeded'))) return undefined;
  return `dependency_${kind}`;
}

/** What must come of it, found the slow way: look at every node after all that happens. */
function tell({ nodes, concurrency, drain, abort }: Scene, order: readonly Node[]): Story {
  const story = { starts: [] as string[], saw: {} as Story['saw'], ends: {} as Story['ends'] };
  const continued = new Set<string>();
  /** Ends that those who need the node know of. */
  const told = new Set<string>();
  const attempts = new Map<Node, number>();
  const busy: { readonly node: Node; readonly until: number; readonly what: 'running' | 'pausing' }[] = [];
  const queue: Node[] = [];
  const queued = new Set<Node>();
  let now = 0;
  let [failed, aborted, drained, canceled, cutOff] = [false, false, false, false, false];
  const stopped = () => aborted || drained || canceled;
  const running = () => busy.filter(({ what }) => what === 'running').length;
  const due = (one: Moment | undefined) => one !== undefined && 'at' in one && one.at <= now;

  const blockBy = (node: Node, need: string) => blockOf(node, need, story.ends[need], continued.has(need));
  /** Queues a node whose needs are met, or skips it for one of them; whether that was so. */
  const judge = (node: Node, needs: readonly string[]): boolean => {
    if (node.id in story.ends || queued.has(node)) return false;
    const [block] = canceled ? [] : needs.flatMap((need) => blockBy(node, need) ?? []);
    if (block !== undefined) story.ends[node.id] = block;
    const isMet = (id: string) => told.has(id) && story.ends[id] !== 'waiting' && blockBy(node, id) === undefined;
    if (node.needs.every(isMet)) {
      queued.add(node);
      queue.push(node);
    }
    return block !== undefined;
  };
  const look = (ended: string[]) => {
    for (const id of ended) {
      if (!(id in story.ends)) continue;
      told.add(id);
      for (const node of nodes) if (node.needs.includes(id) && judge(node, [id])) ended.push(node.id);
    }
  };
  const end = (node: Node) => {
    const pause = node.pauses[attempts.get(node)! - 1];
    if (pause !== undefined) {
      if (!stopped()) busy.push({ node, until: now + pause, what: 'pausing' });
      return;
    }
    story.saw[node.id] = canceled;
    story.ends[node.id] = { succeed: 'succeeded', fail: 'failed', throw: 'failed', skip: 'reason', park: 'waiting' }[
      node.act
    ];
    if (story.ends[node.id] !== 'failed') return;
    if (node.policy === 'continue') continued.add(node.id);
    else failed = true;
    aborted ||= node.policy === 'abort' && (canceled || !isAccepted(node.id));
  };
  /** Whether something that has not ended would run after this failure, in place of what would be skipped for it. */
  const isAccepted = (failure: string): boolean => {
    const skipped = new Set<string>();
    const endOf = (id: string) => (skipped.has(id) ? 'skipped' : id === failure ? 'failed' : undefined);
    const waiting = () => nodes.filter(({ id }) => !(id in story.ends) && !skipped.has(id));
    const isBlocked = (node: Node) => node.needs.some((id) => blockOf(node, id, endOf(id), false) !== undefined);
    for (let next = waiting().find(isBlocked); next; next = waiting().find(isBlocked)) skipped.add(next.id);
    return waiting().some(({ needs }) => needs.some((id) => endOf(id) !== undefined));
  };
  const start = (node: Node) => {
    attempts.set(node, (attempts.get(node) ?? 0) + 1);
    story.starts.push(`${node.id} ${attempts.get(node)}`);
    const within = (one: Moment | undefined) =>
      one !== undefined && 'start' in one && one.start === story.starts.length;
    drained ||= within(drain);
    canceled ||= within(abort);
    if (node.ms > 0) return void busy.push({ node, until: now + node.ms, what: 'running' });
    end(node);
    look([node.id]);
  };

  for (const { id, known } of nodes) if (known) story.ends[id] = 'succeeded';
  drained = due(drain);
  canceled = due(abort);
  const ids = order.map(({ id }) => id);
  for (const node of order) {
    const needs = ids.filter((id) => node.needs.includes(id));
    if (judge(node, needs) || node.known) told.add(node.id);
  }
  for (;;) {
    while (!stopped() && running() < concurrency && queue.length > 0) start(queue.shift()!);
    if (running() === 0 && (stopped() || busy.length === 0)) break;
    const times = [
      ...busy.map(({ until }) => until),
      ...[drain, abort].map((one) => (one && 'at' in one ? one.at : 0)),
    ];
    now = Math.min(...times.filter((time) => time > now));
    drained ||= due(drain);
    canceled ||= due(abort);
    const next = busy.findIndex(({ until }) => until <= now);
    if (next < 0) continue;
    const [{ node, what }] = busy.splice(next, 1) as [(typeof busy)[0]];
    if (what === 'running') end(node);
    else if (!stopped()) queue.push(node);
    look([node.id]);
  }
  for (const { id } of stopped() ? nodes : []) {
    if (id in story.ends) continue;
    story.ends[id] = drained || canceled ? 'canceled' : 'aborted';
    cutOff = true;
  }
  const parked = Object.values(story.ends).includes('waiting');
  const natural = aborted ? 'failed' : parked ? 'waiting' : failed ? 'failed' : 'succeeded';
  return { ...story, status: canceled || (drained && cutOff) ? 'canceled' : natural };
}

/** Runs it under a clock that jumps from one thing that happens to the next. */
async function live({ nodes, concurrency, drain, abort }: Scene) {
  const built = buildDag(nodes);
  if (!built.ok) throw built.error;
  const clock = new FakeClock();
  const controllers = { drain: new AbortController(), abort: new AbortController() };
  const moments = { drain, abort };
  const names = ['drain', 'abort'] as const;
  for (const name of names) {
    const one = moments[name];
    if (one && 'at' in one && one.at === 0) controllers[name].abort();
    else if (one && 'at' in one) void clock.sleep(one.at).then(() => controllers[name].abort());
  }
  const starts: string[] = [];
  const saw: Story['saw'] = {};
  const seen = new Map<string, Record<string, string>>();
  const told = new Map<string, Record<string, string>>();
  const settled: string[] = [];
  const initial = nodes.filter(({ known }) => known).map(({ id }) => [id, succeeded(id)] as const);

  const running = runDag<Node, string>(
    built.value,
    (node, { needs, ends, attempt, signal }) => {
      starts.push(`${node.id} ${attempt}`);
      told.set(node.id, Object.fromEntries([...ends].map(([id, end]) => [id, nameOf(end)])));
      seen.set(node.id, Object.fromEntries(needs));
      for (const name of names) {
        const one = moments[name];
        if (one && 'start' in one && one.start === starts.length) controllers[name].abort();
      }
      const answer = () => {
        const pause = node.pauses[attempt - 1];
        if (pause !== undefined) return { status: 'retry', afterMs: pause } as const;
        saw[node.id] = signal.aborted;
        return act(node);
      };
      return node.ms === 0 ? answer() : clock.sleep(node.ms).then(answer);
    },
    {
      concurrency,
      clock,
      initial: new Map(initial),
      drain: controllers.drain.signal,
      signal: controllers.abort.signal,
      onFailure: ({ policy }) => policy,
      onSettle: ({ id }) => void settled.push(id),
    },
  );
  await clock.advance(nodes.length * 10 * longest);
  const { status, outcomes } = await running;
  const ends = [...outcomes].map(([id, one]) => [id, nameOf(one)] as const);
  const order = Array.from(built.value.order, (at) => nodes[at]!);
  return { story: { starts, saw, ends: Object.fromEntries(ends), status }, outcomes, seen, told, settled, order };
}

const nameOf = (end: FinalOutcome<string>): string => (end.status === 'skipped' ? end.reason : end.status);

const succeeded = (id: string) => ({ status: 'succeeded', value: `of ${id}` }) as const satisfies KnownOutcome<string>;

function act({ id, act }: Node): Outcome<string> {
  if (act === 'throw') throw new Error(id);
  if (act === 'fail') return { status: 'failed', error: id };
  if (act === 'skip') return { status: 'skipped', reason: 'reason' };
  return act === 'park' ? { status: 'waiting', reason: 'approval' } : succeeded(id);
}

test('whatever fails, parks, is tried again, drained or aborted: what runs, when and to what end is as the model says', async () => {
  await fc.assert(
    fc.asyncProperty(scenes, async (scene) => {
      const { story, outcomes, seen, told, settled, order } = await live(scene);
      expect(story).toEqual(tell(scene, order));
      const known = new Set(scene.nodes.filter(({ known }) => known).map(({ id }) => id));
      expect(settled).toEqual([...outcomes.keys()].filter((id) => !known.has(id)));
      for (const { id, needs } of scene.nodes.filter(({ id }) => seen.has(id))) {
        const values = needs.filter((need) => story.ends[need] === 'succeeded').map((need) => [need, `of ${need}`]);
        expect(seen.get(id)).toEqual(Object.fromEntries(values));
        expect(told.get(id)).toEqual(Object.fromEntries(needs.map((need) => [need, story.ends[need]])));
      }
    }),
    { numRuns: 1_500 },
  );
});
