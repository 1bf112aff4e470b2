import type { askRun } from '@orch/sdk';
import { harmless } from '../terminal/words.ts';

export type GivenAnswer = {
  readonly jobId: string;
  /** The command that goes on with the run. */
  readonly resume: string;
  /** Step, and item where one asked. */
  readonly name: string;
  readonly granted: boolean;
  readonly answer?: string | undefined;
  readonly done: Awaited<ReturnType<typeof askRun>>;
};

/** What became of an answer to a step that waits for a person, and what a resume makes of it. */
export function describeAnswer({ jobId, resume, name, granted, answer, done }: GivenAnswer): string[] {
  const given = answer === undefined ? (granted ? ' without an answer' : '') : ` with "${harmless(answer)}"`;
  const word = `${granted ? 'granted' : 'rejected'}${given}`;
  const said = {
    here: `${word}.`,
    there: `${word}. The process that runs ${jobId} has taken the answer.`,
    left: `will be ${word} when the process that runs ${jobId} looks into its inbox.`,
  };
  const next = granted ? 'Go on with' : 'It fails when the run goes on';
  const first = done === 'here' ? '' : ', when that process has ended';
  return [`${harmless(name)}: ${said[done]}`, `${next}: ${resume}${first}`];
}
