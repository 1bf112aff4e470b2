import { describe, expect, test } from 'vitest';
import { runControl } from '../tools/chaos/control.ts';
import type { Control } from '../tools/chaos/control.ts';
import { drawFrom } from '../tools/chaos/draw.ts';
import { allJobs } from '../tools/chaos/jobs.ts';
import { killPoints } from '../tools/chaos/kill-points.ts';
import { playRound } from '../tools/chaos/round.ts';
import type { Round } from '../tools/chaos/round.ts';
import './orch.ts';

// A slice of `npm run chaos`: every point at which it kills, once.

type Case = Pick<Round, 'kills' | 'duel' | 'encore'>;

const cases: readonly (readonly [job: string, round: Case])[] = [
  ['diamond', { kills: [at('mid-content', 4), at('before-start'), at('after-start')], duel: true }],
  ['diamond', { kills: [at('mid-line', 5), at('tail-kept'), at('tail-cut')] }],
  ['diamond', { kills: [at('reply-not-logged', 3), at('losses-half-told')] }],
  ['diamond', { kills: [at('before-link', 2), at('after-link')], encore: 'run' }],
  ['diamond', { kills: [{ point: 'in-flight', nth: 2, phase: 'half' }, at('before-rename', 3)] }],
  ['commands', { kills: [at('manifest-draft'), at('before-end')], encore: 'resume' }],
  ['commands', { kills: [{ ...at('command-runs'), linger: true }, at('success-not-logged')] }],
  ['commands', { kills: [{ ...at('command-not-logged'), linger: true }, at('event-written', 2)] }],
  ['writers', { kills: [at('file-not-logged', 2), at('blob-not-logged')] }],
  ['writers', { kills: [at('file-without-success'), at('after-rename', 4)], encore: 'verify' }],
  ['writers', { kills: [at('event-synced', 3), { point: 'random', afterMs: 250 }] }],
  ['asking', { kills: [at('question-asked', 2), at('answer-not-logged', 2)] }],
  ['asking', { kills: [at('child-end-not-told'), at('answer-logged')] }],
  ['nested', { kills: [at('child-not-started'), at('inside-child', 9)] }],
  ['growing', { kills: [at('growth-without-success', 2)] }],
  ['serving', { kills: [at('tool-called', 2), at('tool-not-logged')] }],
  ['serving', { kills: [at('tool-returned', 2)] }],
];

const jobs = new Map(allJobs(drawFrom(1)).map((job) => [job.name, job]));
const controls = new Map<string, Promise<Control>>();

describe.concurrent('a run that is killed goes on to the end it would have had', () => {
  test.for(cases)('%s: %j', async ([name, round]) => {
    const job = jobs.get(name)!;
    const control = controls.get(name) ?? runControl(job);
    controls.set(name, control);
    const { hits, problems, dir } = await playRound({ job, resume: 'id', ...round }, await control);
    expect(problems, dir).toEqual([]);
    expect(hits.map(({ point }) => point)).toEqual(round.kills.map(({ point }) => point));
  });
});

test('every point at which a run can be killed is among them', () => {
  const met = new Set(cases.flatMap(([, { kills }]) => kills.map(({ point }) => point)));
  expect([...met].toSorted()).toEqual([...killPoints].toSorted());
});

function at<P extends string>(point: P, nth = 1): { readonly point: P; readonly nth: number } {
  return { point, nth };
}
