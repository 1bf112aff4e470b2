import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { JsonObject, OrchEvent, PlanStep } from '@orch/contracts';
import { emptyRun, reduceRun, toManifest, verifyLog } from '@orch/events';
import { tempDir } from '@orch/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemwiseNeed } from './graph.ts';
import type { RunResult } from './index.ts';
import { copyRun, cutLog } from './testing/copy-run.ts';
import { never } from './testing/plan.ts';
import { probe } from './testing/probe.ts';
import { linesOf, nameOf, resumeJob, runJob } from './testing/run-job.ts';
import { scripted } from './testing/scripted.ts';
import { anySketches, stepsOf } from './testing/sketch.ts';

/** Where a process dies: after which of its events, how many lines of those after it reach the disc, and how much of the next. */
const anyKill = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), more: fc.nat(6), torn: fc.nat(400) });
type Kill = { readonly at: number; readonly more: number; readonly torn: number };

/** What goes wrong by itself: steps whose first try fails, and one that fails for good. */
const anyTrouble = fc.record({
  flaky: fc.subarray(['s0', 's1', 's2', 's3']),
  fatal: fc.option(fc.constantFrom('s2', 's4'), { nil: undefined, freq: 5 }),
});

const flat = { ...never, tries: 2, backoff: 'fixed' } as const;

test('a run that is killed anywhere, again and again, goes on to the end it would have had', { timeout: 60_000 }, async () => {
  const removals: (() => void)[] = [];
  const folder = () => tempDir((remove) => removals.push(remove));
  const law = fc.asyncProperty(
    anySketches,
    anyTrouble,
    fc.array(anyKill, { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 4 }),
    async (sketches, { flaky, fatal }, kills, concurrency) => {
      const steps = stepsOf(sketches, { retry: flat }).map(asking);
      const kind = probe(async ({ step, item, attempt, write }, input) => {
        if (step === fatal) throw new OrchError('assertion', 'never', { retryable: false });
        if (attempt === 1 && flaky.includes(step)) throw new OrchError('command_failed', 'not yet');
        const { say } = input as { say: string };
        await write(`${step}/${item ?? 'it'}.txt`, JSON.stringify(say));
        return say;
      });
      const { provider } = scripted(({ messages }) => `answer to ${messages[0]?.content}`);
      const settings = { durability: 'relaxed', kinds: [kind], provider, plan: { concurrency } } as const;
      const whole = await runJob(steps, { ...settings, runsDir: folder() });
      let dir = whole.dir;
      let events = linesOf(dir);
      for (const kill of kills) {
        const left = await killed(kill, events, { dir, steps, settings, to: folder() });
        dir = left.dir;
        events = left.events;
      }
      const { result } = await resumeJob(dir, steps, settings);
      requireSameEnd(result, whole.result);
      expect(await verifyLog(join(dir, 'events.jsonl'))).toMatchObject({ ok: true });
      requireLaws(linesOf(dir), steps, result);
    },
  );
  await fc.assert(law, { numRuns: 30 }).finally(() => removals.forEach((remove) => remove()));
});
