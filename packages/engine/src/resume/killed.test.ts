import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { JsonObject, OrchEvent, PlanStep, StepHost, StepKind } from '@orch/contracts';
import { emptyRun, planSteps, reduceRun, toManifest, verifyLog } from '@orch/events';
import { tempDir } from '@orch/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemwiseNeed } from '../graph/graph.ts';
import { askRun, openQuestions, systemClock } from '../index.ts';
import type { RunResult } from '../index.ts';
import { compileSteps } from '../testing/compile-steps.ts';
import { copyRun, cutLog } from '../testing/copy-run.ts';
import { each, never } from '../testing/plan.ts';
import { probe } from '../testing/probe.ts';
import { linesOf, nameOf, resumeJob, runJob } from '../testing/run-job.ts';
import type { Ran, ResumeSettings } from '../testing/run-job.ts';
import { scripted } from '../testing/scripted.ts';
import { anySketches, stepsOf } from '../testing/sketch.ts';

/** Where a process dies: after which of its events, how many lines of those after it reach the disc, and how much of the next. */
const anyKill = fc.record({
  at: fc.nat(99),
  more: fc.oneof(fc.constant(0), fc.nat(4)),
  torn: fc.nat(400),
});
type Kill = { readonly at: number; readonly more: number; readonly torn: number };

/** What goes wrong by itself: steps whose first try fails, and one that fails for good. */
const anyTrouble = fc.record({
  flaky: fc.subarray(['s0', 's1', 's2', 's3']),
  fatal: fc.constantFrom(undefined, undefined, undefined, undefined, 's2', 's4'),
});

const retry = { ...never, tries: 2, backoff: 'fixed' } as const;
const jobId = 'job_0123456789ab';

const scene = fc.record({
  sketches: anySketches,
  trouble: anyTrouble,
  kills: fc.array(anyKill, { minLength: 1, maxLength: 2 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
});

test(
  'a run that is killed anywhere, again and again, goes on to the end it would have had',
  { timeout: 60_000 },
  async () => {
    const removals: (() => void)[] = [];
    const folder = () => tempDir((remove) => removals.push(remove));
    const law = fc.asyncProperty(scene, async ({ sketches, trouble, kills: [kill, ...later], concurrency }) => {
      const steps = stepsOf(sketches, { retry }).map(asking).map(growing);
      const settings = { durability: 'relaxed', plan: { concurrency }, ...actors(trouble) } as const;
      const runsDir = folder();
      const death = dying(join(runsDir, jobId), folder(), kill!, steps.length);
      const first = await runJob(steps, { ...settings, runsDir, jobId, onEvent: death.onEvent });
      const whole = await toTheEnd(first, steps, settings);
      let dir = death.left();
      for (const next of later) {
        const again = dying(dir, folder(), next, steps.length);
        await resumeJob(dir, steps, { ...settings, onEvent: again.onEvent });
        dir = again.left();
      }
      const { result } = await toTheEnd(await resumeJob(dir, steps, settings), steps, settings);
      expect(endOf(result)).toEqual(endOf(whole.result));
      expect(await verifyLog(join(dir, 'events.jsonl'))).toMatchObject({ ok: true });
      requireLaws(linesOf(dir), steps);
      requirePaidOnce(linesOf(dir), result);
    });
    await fc.assert(law, { numRuns: 30 }).finally(() => removals.forEach((remove) => remove()));
  },
);

/** Takes a copy of a run's folder at some event, as if its process had died there. */
function dying(dir: string, to: string, { at, more, torn }: Kill, size: number) {
  const wanted = 1 + (at % (1 + 4 * size));
  let seen = 0;
  let left: string | undefined;
  return {
    onEvent: ({ seq }: OrchEvent): void => {
      seen++;
      if (seen !== wanted) return;
      left = copyRun(dir, to);
      cutLog(left, { lines: seq + more, torn });
    },
    left: (): string => left ?? copyRun(dir, to),
  };
}

/** Some steps ask a model instead, and some a person. */
function asking(step: PlanStep): PlanStep {
  const { say, note } = step.fields;
  if (typeof say !== 'string') return step;
  if (note === 1) return { ...step, kind: 'llm', fields: { prompt: say, output: 'text' } };
  return say.startsWith('1') ? { ...step, kind: 'approve', fields: { question: say } } : step;
}

/** Some add two steps to the run. */
function growing(step: PlanStep): PlanStep {
  const { say } = step.fields;
  const grows = step.kind === 'probe' && typeof say === 'string' && say.startsWith('2');
  return grows ? { ...step, fields: { ...step.fields, grows } } : step;
}

/** Answers what is asked, and goes on, until nothing is asked any more. */
async function toTheEnd(ran: Ran, steps: readonly PlanStep[], settings: ResumeSettings): Promise<Ran> {
  let last = ran;
  while (last.result.status === 'waiting') {
    const open = await openQuestions(last.dir);
    expect(open).not.toEqual([]);
    for (const { step, item } of open) {
      const where = item === undefined ? { step } : { step, item };
      await askRun(last.dir, { kind: 'answer', ...where, granted: true, answer: 'yes', by: 'me' }, settings);
    }
    last = await resumeJob(last.dir, steps, settings);
  }
  return last;
}

/** Those who do the steps: they write a file each, and some fail. */
function actors({ flaky, fatal }: { readonly flaky: readonly string[]; readonly fatal: string | undefined }) {
  const saying = probe(async ({ step, item, attempt, write }, input) => {
    if (step === fatal) throw new OrchError('assertion', 'never', { retryable: false });
    if (attempt === 1 && flaky.includes(step)) throw new OrchError('command_failed', 'not yet');
    const { say = null } = input as JsonObject;
    await aWhile();
    await write(`${step}/${item ?? 'it'}.txt`, JSON.stringify(say));
    return say;
  });
  const kind: StepKind = {
    ...saying,
    async run(input, host) {
      const outcome = await saying.run(input, host);
      const { grows } = input as JsonObject;
      return outcome.status === 'succeeded' && grows === true ? { ...outcome, steps: added(host) } : outcome;
    },
  };
  const { provider } = scripted(async ({ messages }) => {
    await aWhile();
    return `answer to ${messages[0]?.content}`;
  });
  return { kinds: [kind], provider, compileSteps, clock: { ...systemClock, now: () => 0 } };
}

/** Two that need each other, one of them a person. */
function added({ step, item }: StepHost): JsonObject {
  const name = item === undefined ? step : `${step}_${item}`;
  return {
    [`${name}_d`]: { kind: 'approve', fields: { question: name } },
    [`${name}_e`]: {
      needs: [`${name}_d`],
      fields: { say: `{{ steps.${name}_d.output.answer }}` },
      each: each('x', 'y'),
    },
  };
}

/** Long enough for others to act meanwhile. */
async function aWhile(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What a run came to. Of one that failed, how far it came besides is a matter of time. */
function endOf({ status, dir, manifest }: RunResult): unknown {
  const { steps, files, failures } = manifest;
  if (status === 'failed')
    return { status, failed: failures.filter(({ item }) => item === undefined).map(({ step }) => step) };
  const made = Object.entries(steps).map(([id, { status: state, output, items }]) => [
    id,
    state,
    output?.sha256,
    items,
  ]);
  const onDisc = files.map(({ path }) => [path, readFileSync(join(dir, path), 'utf8')]).toSorted();
  return { status, made, onDisc };
}

/** What holds of any log, at each of its lines. */
function requireLaws(lines: readonly OrchEvent[], steps: readonly PlanStep[]): void {
  const plan = new Map(steps.map((step) => [step.id, step]));
  const state = emptyRun({ steps: plan.keys() });
  const asked = new Set<string>();
  const attempts = new Map<string, number>();
  let succeeded = new Set<string>();
  for (const event of lines) {
    if (event.type === 'job.started') succeeded = new Set();
    if (event.type === 'step.succeeded') {
      const one = `${nameOf(event)} ${event.data.input_hash}`;
      expect(succeeded).not.toContain(one);
      succeeded.add(one);
    }
    if (event.type === 'step.started') {
      expect(event.data.attempt).toBe((attempts.get(nameOf(event)) ?? 0) + 1);
      attempts.set(nameOf(event), event.data.attempt);
      requireNeeds(state, plan.get(event.step ?? ''));
    }
    if (event.type === 'approval.requested') {
      const question = `${nameOf(event)} ${event.data.input_hash}`;
      expect(asked).not.toContain(question);
      asked.add(question);
    }
    if (event.type === 'plan.extended') {
      const joined = JSON.parse(event.data.steps.inline ?? '') as PlanStep[];
      for (const step of joined) plan.set(step.id, step);
      planSteps(state, plan.keys());
    }
    reduceRun(state, event);
    const { completed_steps, pending_steps } = toManifest(state, { seq: 0, bytes: 0, sha256: '' });
    expect([...completed_steps, ...pending_steps].toSorted()).toEqual([...plan.keys()].toSorted());
  }
  expect(state.misfits).toEqual([]);
}

/** All that a step needs has succeeded in this attempt of the run. */
function requireNeeds({ steps }: ReturnType<typeof emptyRun>, step: PlanStep | undefined): void {
  const awaited = step?.needs.filter((need) => need !== itemwiseNeed(step)) ?? [];
  for (const need of awaited) expect(steps.get(need)).toMatchObject({ status: 'succeeded', carried: false });
}

/** One call a key, but for those whose answer was lost with a process. */
function requirePaidOnce(lines: readonly OrchEvent[], { status, manifest }: RunResult): void {
  const keys = lines.flatMap((event) => (event.type === 'llm.request' ? [event.data.cache_key] : []));
  const { in_doubt } = manifest.costs;
  const most = new Set(keys).size + in_doubt;
  if (status === 'succeeded') expect(keys).toHaveLength(most);
  else expect(keys.length).toBeLessThanOrEqual(most);
}
