import { describe, expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { DagNode, Ending } from './build-dag.ts';
import type { FinalOutcome, Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { FailurePolicy } from './run-dag.ts';

type Node = DagNode & { readonly does?: Outcome<string, Node>; readonly policy?: FailurePolicy };

const done = { status: 'succeeded', value: '' } as const;
const fails: Outcome<string, Node> = { status: 'failed', error: 'no' };
const skips: Outcome<string, Node> = { status: 'skipped', reason: 'condition' };

/** `whole` has the parts `x`, `y` and `z`, which `find` adds; it fails when one of them did. */
async function run(parts: Record<string, Partial<Node>>, others: readonly Node[] = [], whole: Partial<Node> = {}) {
  const add = ['x', 'y', 'z'].map((id) => ({ node: { id, partOf: 'whole', ...parts[id] }, neededBy: ['whole'] }));
  const built = buildDag<Node>([
    { id: 'find', partOf: 'whole', does: { ...done, add } },
    { id: 'whole', needs: ['find'], ...whole },
    ...others,
  ]);
  if (!built.ok) throw built.error;
  const told: string[] = [];
  const isSpared = new Map<string, boolean>();
  const sum = (ends: Iterable<FinalOutcome<string>>) =>
    [...ends].some(({ status }) => status === 'failed') ? fails : done;
  const { status } = await runDag<Node, string>(
    built.value,
    ({ id, does = done }, { ends }) => (id === 'whole' ? sum(ends.values()) : does),
    {
      concurrency: 1,
      onFailure({ id, policy = 'abort' }, isAccepted) {
        isSpared.set(id, isAccepted());
        return policy;
      },
      conclude: ({ id }, isComplete) =>
        id === 'whole' && !isComplete ? { status: 'failed', error: 'cut' } : undefined,
      onSettle: ({ id }, end) => void told.push(`${id} ${end.status === 'skipped' ? end.reason : end.status}`),
    },
  );
  return { status, told, isSpared: Object.fromEntries(isSpared) };
}

describe('a node that has parts', () => {
  test('runs once all of them have ended, and tells what they came to, before those that need it', async () => {
    const run1 = await run({ x: { does: fails, policy: 'skip_dependents' }, y: { does: skips } }, [
      { id: 'after', needs: ['whole'] },
    ]);
    expect(run1.told).toEqual([
      ...['find succeeded', 'x failed', 'y condition', 'z succeeded'],
      ...['whole failed', 'after dependency_failed'],
    ]);
  });

  test('waits for them also where something else that it needs has failed', async () => {
    const bad: Node = { id: 'bad', does: fails, policy: 'skip_dependents' };
    const { told } = await run({}, [bad], { needs: ['find', 'bad'] });
    expect(told).toEqual(['find succeeded', 'bad failed', ...['x', 'y', 'z', 'whole'].map(endOf)]);
    function endOf(id: string): string {
      return id === 'whole' ? 'whole failed' : `${id} succeeded`;
    }
  });

  test.each<[readonly Ending[], boolean]>([
    [['failed'], true],
    [['skipped'], false],
  ])('is taken to fail with a part: where %s of it is accepted, the run goes on: %s', async (ends, goesOn) => {
    const clean: Node = { id: 'clean', needs: ['whole'], accepts: { whole: ends } };
    const { told, isSpared } = await run({ x: { does: fails } }, [clean]);
    expect(isSpared['x']).toBe(goesOn);
    expect(told).toContain(goesOn ? 'z succeeded' : 'z aborted');
    expect(told).toContain(goesOn ? 'clean succeeded' : 'clean dependency_failed');
  });

  test('is accepted by nobody just because it waits for what failed', async () => {
    const { told, status } = await run({ x: { does: fails } }, [{ id: 'other', needs: ['whole'] }]);
    expect(status).toBe('failed');
    expect(told).toEqual([
      ...['find succeeded', 'x failed', 'y aborted', 'z aborted'],
      ...['whole failed', 'other dependency_failed'],
    ]);
  });

  test('is not run, when the part that says so is skipped, as far as an accepted failure goes', async () => {
    const bad: Node = { id: 'bad', does: fails };
    const built = (accepted: Ending): Node[] => [
      bad,
      { id: 'seek', needs: ['bad'], partOf: 'sum' },
      { id: 'sum', needs: ['seek'], accepts: { seek: ['succeeded', 'failed'] } },
      { id: 'roll', needs: ['sum'], accepts: { sum: [accepted] } },
    ];
    expect((await run({}, built('skipped'))).isSpared['bad']).toBe(true);
    expect((await run({}, built('failed'))).isSpared['bad']).toBe(false);
  });
});
