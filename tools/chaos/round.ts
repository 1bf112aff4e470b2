import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Control } from './control.ts';
import { differences, readEnd } from './end.ts';
import { answerTo } from './jobs.ts';
import type { Job } from './jobs.ts';
import type { KillPoint } from './kill-points.ts';
import { brokenLaws, livingGroups, readTrace } from './laws.ts';
import { openPlace } from './place.ts';
import type { Ended } from './place.ts';
import { startProvider } from './provider.ts';
import { readEntries, readEvents } from './run-files.ts';
import { strike } from './strike.ts';
import type { Kill, Stage as Struck } from './strike.ts';
import { findTorn } from './whole.ts';

/** One run, killed so many times, and resumed to its end. */
export type Round = {
  readonly job: Job;
  readonly kills: readonly Kill[];
  /** How it goes on: by its id, or as the newest unfinished run of its job. */
  readonly resume: 'id' | 'newest';
  /** Two processes want to go on at once. */
  readonly duel?: boolean | undefined;
  /** What is asked of orch when all is done, and costs nothing: to go on once more, a new run of the same job, to verify. */
  readonly encore?: 'resume' | 'run' | 'verify' | undefined;
};

export type Hit = { readonly point: KillPoint; readonly by: 'run' | 'resume' };

export type Played = {
  readonly hits: readonly Hit[];
  /** What was not as it must be. */
  readonly problems: readonly string[];
  /** Kept when there are problems. */
  readonly dir: string;
};

export async function playRound(round: Round, control: Control): Promise<Played> {
  const provider = await startProvider(answerTo);
  const place = openPlace(round.job, provider);
  const player = new Player(round, { control, provider, place });
  try {
    await player.play();
  } catch (error) {
    player.problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    provider.close();
    endGroups(place.dir);
  }
  if (player.problems.length === 0) place.remove();
  return { hits: player.hits, problems: player.problems, dir: place.dir };
}

type Stage = Struck & { readonly control: Control };

class Player {
  readonly hits: Hit[] = [];
  readonly problems: string[] = [];
  readonly #round: Round;
  readonly #stage: Stage;
  readonly #killed = new Set<string>();
  #kept: readonly string[] = [];

  constructor(round: Round, stage: Stage) {
    this.#round = round;
    this.#stage = stage;
  }

  async play(): Promise<void> {
    for (const kill of this.#round.kills) {
      const isKilled = await this.#kill(kill);
      if (!isKilled) break;
      await this.#lookAround();
    }
    const ended = this.#round.duel === true ? await this.#duel() : await this.#stage.place.orch(this.#goOn()).ended;
    const run = await this.#judge(ended);
    if (this.#round.encore !== undefined) await this.#playEncore(run, this.#round.encore);
  }

  /** False when the process ended by itself before. */
  async #kill(kill: Kill): Promise<boolean> {
    const args = this.#goOn();
    const { asker, ended } = strike(this.#stage, args, kill);
    const end = await ended;
    if (end.signal !== 'SIGKILL') {
      this.#expectEnd(end);
      return false;
    }
    if (!end.killed) throw new Error(`${args.join(' ')} hung:\n${end.stdout}${end.stderr}`);
    this.#killed.add(asker);
    this.hits.push({ point: kill.point, by: args[0] === 'run' && !args.includes('--resume') ? 'run' : 'resume' });
    return true;
  }

  /** A run that has a plan goes on; before that, there is none. */
  #goOn(): string[] {
    const run = this.#run();
    if (run === undefined || !existsSync(join(run, 'events.jsonl'))) return ['run'];
    if (this.#round.resume === 'newest' && !hasSucceeded(run)) return ['run', '--resume'];
    return existsSync(join(run, 'inputs', 'plan.json')) ? ['resume', basename(run)] : ['run'];
  }

  /** The folder of the run; others may be left of processes that were killed before they had one. */
  #run(): string | undefined {
    const runs = this.#stage.place.runs();
    return runs.find((run) => readEvents(run).length > 0) ?? runs.at(-1);
  }

  async #lookAround(): Promise<void> {
    const run = this.#run();
    if (run === undefined) return;
    this.problems.push(...(await findTorn(run, this.#stage.control)));
    const kept = readEntries(run).map(({ key, call }) => `${key} ${call}`);
    const lost = this.#kept.filter((answer) => !kept.includes(answer));
    this.problems.push(...lost.map((answer) => `an answer is no longer kept: ${answer}`));
    this.#kept = kept;
  }

  /** One of two gets the run; the other is told so. */
  async #duel(): Promise<Ended> {
    const { place, provider } = this.#stage;
    const over = Promise.withResolvers<void>();
    provider.onPhase = () => over.promise;
    const args = this.#goOn();
    const both = [place.orch(args), place.orch(args)];
    const loser = await Promise.race(both.map(async (one) => ({ one, end: await one.ended })));
    over.resolve();
    if (loser.end.code !== 6) {
      this.problems.push(`one of two at once ended with ${loser.end.code}, not with 6: ${loser.end.stderr}`);
    }
    return both.find((one) => one !== loser.one)!.ended;
  }

  async #judge(ended: Ended): Promise<string> {
    const { place, provider, control } = this.#stage;
    this.#expectEnd(ended);
    const run = this.#run();
    if (run === undefined) throw new Error('there is no run');
    const begun = place.runs().filter((dir) => readEvents(dir).length > 0);
    if (begun.length > 1) this.problems.push(`one job gave ${begun.length} runs: ${begun.join(', ')}`);
    await this.#lookAround();
    this.problems.push(...differences(control.end, readEnd(run, ended.code)));
    const seen = { run, dir: place.dir, calls: provider.calls, killed: this.#killed, control };
    this.problems.push(...brokenLaws(seen));
    return run;
  }

  async #playEncore(run: string, encore: 'resume' | 'run' | 'verify'): Promise<void> {
    const { place, provider, control } = this.#stage;
    const calls = provider.calls.length;
    const events = readEvents(run).length;
    const end = await place.orch(encore === 'run' ? ['run'] : [encore, basename(run)]).ended;
    this.#expectEnd(end, encore === 'verify' ? 0 : control.end.code);
    const bought = provider.calls.slice(calls);
    this.problems.push(...bought.map(({ question }) => `${encore} of what is done asked again: ${question}`));
    if (!hasSucceeded(run)) return;
    const done = readEvents(run).slice(events);
    const started = done.filter(({ type }) => type === 'step.started' || type === 'file.written');
    this.problems.push(...started.map(({ type, step }) => `resume of what is done: ${type} ${step}`));
  }

  #expectEnd({ code, signal, stdout, stderr }: Ended, expected = this.#stage.control.end.code): void {
    if (code === expected) return;
    this.problems.push(`orch ended with ${code ?? signal}:\n${stdout}${stderr}`);
  }
}

function hasSucceeded(run: string): boolean {
  return readEvents(run).at(-1)?.type === 'job.succeeded';
}

/** A lost command may live on when something went wrong. */
function endGroups(dir: string): void {
  const living = livingGroups();
  for (const { pid } of readTrace(dir)) if (living.has(pid)) process.kill(-pid, 'SIGKILL');
}
