import { describe, expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { DagNode, Ending } from './build-dag.ts';
import type { Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { FailurePolicy } from './run-dag.ts';

type Node = DagNode & { readonly does?: Outcome<string, Node>; readonly policy?: FailurePolicy };

const fails: Outcome<string, Node> = { status: 'failed', error: 'no' };
const skips: Outcome<string, Node> = { status: 'skipped', reason: 'condition' };
const any: readonly Ending[] = ['succeeded', 'failed', 'skipped'];

async function run(nodes: readonly Node[]) {
  const built = buildDag(nodes);
  if (!built.ok) throw built.error;
  const done: Outcome<string, Node> = { status: 'succeeded', value: '' };
  const { status, outcomes } = await runDag<Node, string>(built.value, ({ does = done }) => does, {
    concurrency: 1,
    onFailure: ({ policy = 'abort' }) => policy,
  });
  const ends = [...outcomes].map(([id, end]) => [id, end.status === 'skipped' ? end.reason : end.status] as const);
  return { status, ends: Object.fromEntries(ends) };
}

describe('a failure that something accepts', () => {
  test('does not end the run, which fails all the same, and skips those that do not accept it', async () => {
    const { status, ends } = await run([
      { id: 'build', does: fails },
      { id: 'clean', needs: ['build'], accepts: { build: ['succeeded', 'failed'] } },
      { id: 'test', needs: ['build'] },
      { id: 'other' },
    ]);
    expect(status).toBe('failed');
    expect(ends).toEqual({
      ...{ build: 'failed', test: 'dependency_failed' },
      ...{ clean: 'succeeded', other: 'succeeded' },
    });
  });

  test('may be accepted at the end of a chain, by what accepts what was skipped for it', async () => {
    const chain: Node[] = [
      { id: 'build', does: fails },
      { id: 'test', needs: ['build'] },
      { id: 'docs', needs: ['test'] },
    ];
    const report = { id: 'report', needs: ['docs'], accepts: { docs: any } };
    expect((await run([...chain, report, { id: 'other' }])).ends).toEqual({
      ...{ build: 'failed', test: 'dependency_failed', docs: 'dependency_skipped' },
      ...{ report: 'succeeded', other: 'succeeded' },
    });
    const onlyFailed = { ...report, accepts: { docs: ['failed'] as const } };
    expect((await run([...chain, onlyFailed, { id: 'other' }])).ends).toMatchObject({
      report: 'dependency_skipped',
      other: 'aborted',
    });
  });

  test('ends the run when what accepts it cannot run for another reason', async () => {
    const { ends } = await run([
      { id: 'off', does: skips },
      { id: 'build', does: fails },
      { id: 'clean', needs: ['build', 'off'], accepts: { build: any } },
      { id: 'other' },
    ]);
    expect(ends).toEqual({ off: 'condition', clean: 'dependency_skipped', build: 'failed', other: 'aborted' });
  });

  test('ends the run when what accepts it needs what is skipped for it', async () => {
    const { ends } = await run([
      { id: 'build', does: fails },
      { id: 'clean', needs: ['build', 'test'], accepts: { build: any } },
      { id: 'test', needs: ['build'] },
      { id: 'other' },
    ]);
    expect(ends).toMatchObject({ test: 'dependency_failed', clean: 'dependency_skipped', other: 'aborted' });
  });
});

test.each<[string, Pick<Node, 'does' | 'policy'>, Record<string, string>]>([
  ['succeeded', {}, { onSuccess: 'succeeded', onFailure: 'dependency_succeeded', onSkip: 'dependency_succeeded' }],
  ['failed', { does: fails }, { onSuccess: 'dependency_failed', onFailure: 'succeeded', onSkip: 'dependency_failed' }],
  [
    'failed, which passes for a success,',
    { does: fails, policy: 'continue' },
    { onSuccess: 'succeeded', onFailure: 'succeeded', onSkip: 'dependency_failed' },
  ],
  [
    'was skipped',
    { does: skips },
    { onSuccess: 'dependency_skipped', onFailure: 'dependency_skipped', onSkip: 'succeeded' },
  ],
])('of a need that %s only those run that accept it', async (_, need, ends) => {
  const first = 'constructor'; // a name that every object has
  const asks = (id: string, end: Ending): Node => ({ id, needs: [first], accepts: { [first]: [end] } });
  const nodes: Node[] = [
    { id: first, ...need },
    { id: 'plain', needs: [first] },
    { id: 'other', needs: [first], accepts: {} },
    ...[asks('onSuccess', 'succeeded'), asks('onFailure', 'failed'), asks('onSkip', 'skipped')],
  ];
  const own = { ...ends, plain: ends['onSuccess'], other: ends['onSuccess'] };
  expect((await run(nodes)).ends).toMatchObject(own);
});

test('a node that joins accepts ends that came before it', async () => {
  const late = (id: string, accepts: Node['accepts']) => ({ node: { id, needs: ['bad'], accepts } });
  const add = [late('a', { bad: ['failed'] }), late('b', undefined), late('c', { bad: ['skipped'] })];
  const { ends } = await run([
    { id: 'bad', does: fails, policy: 'skip_dependents' },
    { id: 'adder', does: { status: 'succeeded', value: '', add } },
  ]);
  expect(ends).toMatchObject({ a: 'succeeded', b: 'dependency_failed', c: 'dependency_failed' });
});

test('30 000 failures, each accepted by the next, take no time to speak of', async () => {
  const size = 30_000;
  const nodes: Node[] = Array.from({ length: size }, (_, n) => ({
    id: `${n}`,
    ...(n > 0 && { needs: [`${n - 1}`], accepts: { [`${n - 1}`]: any } }),
    does: fails,
  }));
  const { status, ends } = await run(nodes);
  expect([status, ends[`${size - 1}`]]).toEqual(['failed', 'failed']);
});
