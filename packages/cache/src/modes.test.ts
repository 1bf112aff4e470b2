import { join } from 'node:path';
import type { Preimage } from '@orch/contracts';
import { FakeClock, tempDir } from '@orch/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openCache } from './index.ts';
import type { Cache, CacheUse } from './index.ts';

type Answer = { readonly value: string; readonly at: number };
type Run = { readonly cache: Cache<string>; readonly began: number; readonly own: Map<string, Answer> };
type Ask = { readonly run: number; readonly prompt: string; readonly sample: number; readonly mode: CacheUse };

const ask = fc.record<Ask>({
  run: fc.nat(2),
  prompt: fc.constantFrom('a', 'b'),
  sample: fc.nat(1),
  mode: fc.constantFrom('auto', 'refresh', 'off', 'run'),
});

test('whatever runs ask in whatever mode, the answer comes from where the mode says and costs no more calls', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(ask, fc.constant('next run' as const)), { maxLength: 30 }), async (steps) => {
      const clock = new FakeClock();
      const world = tempDir();
      const shared = new Map<string, Answer>();
      const runs: Run[] = [];
      let calls = 0;
      const begin = () => {
        const cache = openCache<string>(join(world, String(runs.length)), {
          shared: join(world, 'shared'),
          durability: 'relaxed',
          clock,
        });
        runs.push({ cache, began: clock.now(), own: new Map() });
      };
      for (const step of steps) {
        await clock.advance(1_000);
        if (step === 'next run' || runs.length === 0) begin();
        if (step === 'next run') continue;
        const run = runs[step.run % runs.length]!;
        const expected = model(run, shared, step, { value: `call ${calls}`, at: clock.now() });
        const since = new Date(run.began).toISOString();
        const { mode } = step;
        const found = await run.cache.getOrCompute(toPreimage(step), async () => `call ${calls++}`, { mode, since });
        expect(found).toMatchObject(expected);
      }
    }),
    { numRuns: 40 },
  );
});

function toPreimage({ prompt, sample }: Ask): Preimage {
  const question = { provider: { name: 'p', model: 'm', opts: {} }, step: 's', inputs: { prompt } };
  return sample === 0 ? question : { ...question, sample };
}

/** The rules of the page, over maps instead of folders. */
function model({ own, began }: Run, shared: Map<string, Answer>, { prompt, sample, mode }: Ask, computed: Answer) {
  const key = `${prompt}${sample}`;
  const isFresh = (answer: Answer | undefined) => answer && (mode !== 'refresh' || answer.at >= began);
  const isShared = mode === 'auto' || mode === 'refresh';
  const [mine, theirs] = [own.get(key), isShared ? shared.get(key) : undefined];
  if (mine && isFresh(mine)) return { value: mine.value, from: 'run' };
  if (theirs && isFresh(theirs)) {
    own.set(key, theirs);
    return { value: theirs.value, from: 'shared' };
  }
  own.set(key, computed);
  if (isShared) shared.set(key, computed);
  return { value: computed.value, from: 'computed' };
}
