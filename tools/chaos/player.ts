import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Control } from './control.ts';
import { differences, readEnd } from './end.ts';
import { brokenLaws } from './laws.ts';
import type { Person } from './person.ts';
import { waits } from './place.ts';
import type { Ended } from './place.ts';
import type { Hit, Round } from './round.ts';
import { familyOf, readEntries, readEvents, rootOf, rootsOf } from './run-files.ts';
import { strike } from './strike.ts';
import type { Kill, Stage as Struck } from './strike.ts';
import { findTorn } from './whole.ts';

/** A run that stops for answers more often than this does not hear them. */
const mostPasses = 8;

export type Stage = Struck & { readonly control: Control; readonly person: Person };

/** Plays one round, and notes what was hit and what was wrong. */
export class Player {
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
    const run = await this.#judge(await this.#toEnd(this.#round.duel === true));
    if (this.#round.encore !== undefined) await this.#playEncore(run, this.#round.encore);
  }

  /** False when nobody was killed before the end. */
  async #kill(kill: Kill): Promise<boolean> {
    for (let pass = 0; pass < mostPasses; pass++) {
      const end = await this.#strike(this.#goOn(), kill);
      if (end === undefined) return true;
      if (end.code !== waits) return false;
      for (const args of this.#stage.person.toSay()) {
        if ((await this.#strike(args, kill)) === undefined) return true;
      }
    }
    return false;
  }

  /** Undefined when it was killed. */
  async #strike(args: readonly string[], kill: Kill): Promise<Ended | undefined> {
    const leave = this.#stage.person.attend();
    const { asker, ended } = strike(this.#stage, args, kill);
    const end = await ended;
    leave();
    if (end.signal !== 'SIGKILL') {
      this.#expectStop(args, end);
      return end;
    }
    if (!end.killed) throw new Error(`${args.join(' ')} hung:\n${end.stdout}${end.stderr}`);
    this.#killed.add(asker);
    this.#expectNobodyBegun(args, kill);
    this.hits.push({ point: kill.point, by: whoIs(args) });
    return undefined;
  }

  /** A run begins when the log of its parent tells of it on the disc, not before. */
  #expectNobodyBegun(args: readonly string[], kill: Kill): void {
    const isFirst = kill.point === 'child-not-started' && kill.nth === 1 && whoIs(args) === 'run';
    const [, ...early] = isFirst ? this.#stage.place.runs() : [];
    this.problems.push(...early.map(() => 'a run began before the log of its parent told of it'));
  }

  /** Runs on undisturbed, as often as it stops for answers. */
  async #toEnd(isDuel: boolean): Promise<Ended> {
    const leave = this.#stage.person.attend();
    try {
      const run = this.#run();
      const isOver = run !== undefined && hasSucceeded(run);
      let ended = isDuel && !isOver ? await this.#duel() : await this.#stage.place.orch(this.#goOn()).ended;
      for (let pass = 0; ended.code === waits && pass < mostPasses; pass++) {
        this.problems.push(...this.#stage.person.lost());
        for (const args of this.#stage.person.toSay()) {
          this.#expectStop(args, await this.#stage.place.orch(args).ended);
        }
        ended = await this.#stage.place.orch(this.#goOn()).ended;
      }
      return ended;
    } finally {
      leave();
    }
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
    return rootOf(this.#stage.place.runs());
  }

  async #lookAround(): Promise<void> {
    const run = this.#run();
    if (run === undefined) return;
    const family = familyOf(run);
    for (const dir of family) this.problems.push(...(await findTorn(dir, this.#stage.control)));
    const kept = family.flatMap(readEntries).map(({ key, call }) => `${key} ${call}`);
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
    const begun = rootsOf(place.runs());
    if (begun.length > 1) this.problems.push(`one job gave ${begun.length} runs: ${begun.join(', ')}`);
    await this.#lookAround();
    this.problems.push(...differences(control.end, readEnd(run, ended.code)));
    const seen = { run, dir: place.dir, calls: provider.calls, killed: this.#killed, control };
    this.problems.push(...brokenLaws(seen));
    return run;
  }

  async #playEncore(run: string, encore: 'resume' | 'run' | 'verify'): Promise<void> {
    const { place, provider } = this.#stage;
    const calls = provider.calls.length;
    const events = readEvents(run).length;
    const end = await place.orch(encore === 'run' ? ['run'] : [encore, basename(run)]).ended;
    this.#expectEnd(end, this.#codeOf(encore));
    const bought = provider.calls.slice(calls);
    this.problems.push(...bought.map(({ question }) => `${encore} of what is done asked again: ${question}`));
    if (!hasSucceeded(run)) return;
    const done = readEvents(run).slice(events);
    const started = done.filter(({ type }) => type === 'step.started' || type === 'file.written');
    this.problems.push(...started.map(({ type, step }) => `resume of what is done: ${type} ${step}`));
  }

  /** A new run asks its questions anew. */
  #codeOf(encore: 'resume' | 'run' | 'verify'): number | null {
    if (encore === 'verify') return 0;
    return encore === 'run' && this.#round.job.questions !== undefined ? waits : this.#stage.control.end.code;
  }

  /** It ended by itself: `approve` when it is done, a run also to wait. */
  #expectStop([name]: readonly string[], end: Ended): void {
    if (name === 'approve') this.#expectEnd(end, 0);
    else if (end.code !== waits || this.#round.job.questions === undefined) this.#expectEnd(end);
  }

  #expectEnd({ code, signal, stdout, stderr }: Ended, expected = this.#stage.control.end.code): void {
    if (code === expected) return;
    this.problems.push(`orch ended with ${code ?? signal}:\n${stdout}${stderr}`);
  }
}

function whoIs([name, flag]: readonly string[]): Hit['by'] {
  if (name === 'approve') return 'approve';
  return name === 'run' && flag !== '--resume' ? 'run' : 'resume';
}

function hasSucceeded(run: string): boolean {
  return readEvents(run).at(-1)?.type === 'job.succeeded';
}
