// `npm run chaos [-- --seed N] [--only POINT | --round N] [--kills N]`: kills orch where it hurts, and looks whether it goes on.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runControl } from './control.ts';
import { drawFrom } from './draw.ts';
import { missedPoints, toHistogram } from './histogram.ts';
import { allJobs } from './jobs.ts';
import { killPoints } from './kill-points.ts';
import type { KillPoint } from './kill-points.ts';
import { planDuel, planRound } from './plan-rounds.ts';
import type { Rehearsed } from './plan-rounds.ts';
import { playRound } from './round.ts';
import type { Hit, Round } from './round.ts';

/** Each point is hit at least so often. */
const least = 5;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    only: { type: 'string' },
    round: { type: 'string' },
    kills: { type: 'string', default: '220' },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const points = values.only === undefined ? killPoints : [pointNamed(values.only)];
console.log(`seed ${seed}`);

const hits: Hit[] = [];
let failed = 0;
let duels = 0;
let played = 0;
const started = performance.now();
const rehearsed = await rehearse();
if (values.round === undefined) {
  await inParallel(async () => {
    const number = played++;
    const point = nextPoint(number);
    if (point === undefined) return false;
    await play(number, point);
    return true;
  });
} else await play(Number(values.round), points[Number(values.round) % points.length]!);
console.log(`\n${toHistogram(hits)}\n${duels} duels of two resumes\n`);
const missed = values.round === undefined ? missedPoints(hits, least, points) : [];
if (missed.length > 0) console.log(`hit fewer than ${least} times: ${missed.join(', ')}`);
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(`${hits.length} kills in ${played} rounds, ${failed} rounds failed; seed ${seed}, ${minutes} min`);
process.exitCode = failed > 0 || missed.length > 0 ? 1 : 0;

async function rehearse(): Promise<Rehearsed[]> {
  const found: Rehearsed[] = [];
  for (const job of allJobs(drawFrom(seed))) found.push({ job, control: await runControl(job) });
  return found;
}

/** In turn, until there are enough kills; then those that were hit too seldom. Undefined: it is enough. */
function nextPoint(number: number): KillPoint | undefined {
  const enough = values.only === undefined ? Number(values.kills) : least;
  if (hits.length < enough) return points[number % points.length];
  const seldom = missedPoints(hits, least, points);
  return number < enough * 3 ? seldom[number % seldom.length] : undefined;
}

async function play(number: number, point: KillPoint): Promise<void> {
  const draw = drawFrom(seed * 1000 + number);
  const isDuel = values.only === undefined && number % 20 === 19;
  const round = isDuel ? planDuel(rehearsed, draw) : planRound(point, rehearsed, draw);
  const result = await playRound(round, round.control);
  hits.push(...result.hits);
  if (isDuel) duels++;
  if (result.problems.length === 0) return;
  failed++;
  console.log(`\nround ${number} of seed ${seed}: ${describe(round)}\n  ${result.dir}`);
  for (const problem of result.problems) console.log(`  - ${problem.replaceAll('\n', '\n    ')}`);
}

function describe({ job, kills, resume, answers, duel, encore }: Round): string {
  const orders = kills.map(({ point, ...rest }) => `${point} ${JSON.stringify(rest)}`);
  return `${job.name}, killed at ${orders.join(', then ')}; goes on by ${resume}${job.questions === undefined ? '' : `, answers by ${answers ?? 'inbox'}`}${duel === true ? ', two at once' : ''}${encore === undefined ? '' : `, then ${encore} again`}`;
}

async function inParallel(next: () => Promise<boolean>): Promise<void> {
  const lane = async (): Promise<void> => {
    while (await next());
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, lane));
}

function pointNamed(name: string): KillPoint {
  const found = killPoints.find((point) => point === name);
  if (found === undefined) throw new Error(`Expected a point of ${killPoints.join(', ')}; got ${name}.`);
  return found;
}
