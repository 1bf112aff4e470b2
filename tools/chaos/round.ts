import type { Control } from './control.ts';
import { answerTo } from './job.ts';
import type { Job } from './job.ts';
import type { KillPoint } from './kill-points.ts';
import { livingGroups, readTrace } from './laws.ts';
import { openPerson } from './person.ts';
import type { AnswersBy } from './person.ts';
import { openPlace } from './place.ts';
import { Player } from './player.ts';
import { startProvider } from './provider.ts';
import { rootOf } from './run-files.ts';
import type { Kill } from './strike.ts';

/** One run, killed so many times, and resumed to its end. */
export type Round = {
  readonly job: Job;
  readonly kills: readonly Kill[];
  /** How it goes on: by its id, or as the newest unfinished run of its job. */
  readonly resume: 'id' | 'newest';
  /** How what it asks is answered; in its inbox unless given. */
  readonly answers?: AnswersBy | undefined;
  /** Two processes want to go on at once. */
  readonly duel?: boolean | undefined;
  /** What is asked of orch when all is done, and costs nothing: to go on once more, a new run of the same job, to verify. */
  readonly encore?: 'resume' | 'run' | 'verify' | undefined;
};

export type Hit = { readonly point: KillPoint; readonly by: 'run' | 'resume' | 'approve' };

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
  const person = openPerson(round.job, round.answers ?? 'inbox', { place, run: () => rootOf(place.runs()) });
  const player = new Player(round, { control, provider, place, person });
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

/** A lost command may live on when something went wrong. */
function endGroups(dir: string): void {
  const living = livingGroups();
  for (const { pid } of readTrace(dir)) if (living.has(pid)) process.kill(-pid, 'SIGKILL');
}
