import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decisionOn } from './job.ts';
import type { Decision, Job } from './job.ts';
import type { Place } from './place.ts';
import { nameOf, readEvents } from './run-files.ts';

/** How answers get to a run: left in its inbox as soon as it asks, or by `orch approve` once it has ended. */
export type AnswersBy = 'inbox' | 'approve';

/** Who answers what runs ask. */
export type Person = {
  /** Answers while an orch runs, where that is the way; until the function that it returns is called. */
  attend(): () => void;
  /** What has to be said of the questions of a run that waits: each the arguments of `orch`. */
  toSay(): string[][];
  /** Answers that were left, are gone, and did not count. */
  lost(): string[];
};

type Question = { readonly name: string; readonly step: string; readonly item?: string | undefined } & Decision;

export function openPerson(job: Job, by: AnswersBy, { place, run }: Beside): Person {
  /** The files of those that were left. */
  const left = new Map<string, string>();
  const answered = join(place.dir, 'answered');
  if (by === 'approve') writeFileSync(answered, '');

  const leave = (): void => {
    const dir = run();
    if (dir === undefined) return;
    for (const question of questionsOf(dir)) {
      if (!left.has(question.name)) left.set(question.name, leaveAnswer(dir, question, left.size + 1));
    }
    if (left.size === job.questions) writeFileSync(answered, '');
  };
  return {
    attend() {
      if (by === 'approve' || job.questions === undefined) return () => undefined;
      const timer = setInterval(leave, 15);
      return () => clearInterval(timer);
    },
    toSay() {
      const dir = run();
      if (dir === undefined) return [];
      if (by === 'approve') return questionsOf(dir).map((question) => toArgs(basename(dir), question));
      leave();
      return [];
    },
    lost() {
      const open = questionsOf(run() ?? '').filter(({ name }) => left.has(name));
      return open.flatMap(({ name }) => (existsSync(left.get(name) ?? '') ? [] : [`the answer to ${name} is lost`]));
    },
  };
}

type Beside = { readonly place: Pick<Place, 'dir'>; readonly run: () => string | undefined };

/** Those of a run that nobody has answered, and whose steps wait. */
function questionsOf(run: string): Question[] {
  const open = new Map<string, Question>();
  const waiting = new Set<string>();
  for (const event of readEvents(run)) {
    const name = nameOf(event);
    const { step = '', item, type } = event;
    if (type === 'approval.requested') open.set(name, { name, step, item, ...decisionOn(event.data.question) });
    if (type === 'approval.granted' || type === 'approval.rejected') open.delete(name);
    if (type === 'step.waiting') waiting.add(name);
  }
  return [...open.values()].filter(({ name }) => waiting.has(name));
}

function leaveAnswer(run: string, { step, item, granted, answer }: Question, nth: number): string {
  const inbox = join(run, 'inbox');
  const file = join(inbox, `${String(nth).padStart(26, '0')}.json`);
  mkdirSync(inbox, { recursive: true });
  writeFileSync(join(run, 'answer.draft'), JSON.stringify({ kind: 'answer', step, item, granted, answer, by: 'p' }));
  renameSync(join(run, 'answer.draft'), file);
  return file;
}

function toArgs(jobId: string, { step, item, granted, answer }: Question): string[] {
  return [
    'approve',
    jobId,
    step,
    ...(item === undefined ? [] : [item]),
    ...(granted ? [] : ['--reject']),
    '--answer',
    answer,
  ];
}
