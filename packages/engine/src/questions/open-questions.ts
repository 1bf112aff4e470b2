import { basename, dirname, resolve } from 'node:path';
import type { RunView } from '@orch/events';
import { emptyRun, readLog, reduceRun } from '@orch/events';
import { runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { createLeftovers } from '../resume/leftovers.ts';
import type { Leftovers } from '../resume/leftovers.ts';
import type { Thread } from './questions.ts';
import { unitAt } from '../graph/unit.ts';

/** What a run asks a person, who has not answered yet. */
export type OpenQuestion = {
  readonly step: string;
  readonly item?: string;
  readonly question: string;
  /** The answers there are; any unless given. */
  readonly options?: readonly string[];
  /** ISO 8601; from then on nobody's answer counts. */
  readonly expiresAt?: string;
  readonly askedAt: string;
};

/** The open questions of a run, under way or not, oldest first. Throws `not_found` or `corrupt_log`. */
export async function openQuestions(dir: string): Promise<OpenQuestion[]> {
  const { state, leftovers } = await readAsking(runPaths(dirname(resolve(dir)), basename(dir)));
  return openThreads(state, leftovers.questions).map(({ step, item, at, asked }) => ({
    step,
    ...(item !== undefined && { item }),
    question: asked.question,
    ...(asked.options && { options: asked.options }),
    ...(asked.expires_at !== undefined && { expiresAt: asked.expires_at }),
    askedAt: at,
  }));
}

/** What steps and items wait for, and nobody has answered. A run that was canceled asks nothing any more. */
export function openThreads(state: RunView, questions: Leftovers['questions']): Thread[] {
  if (state.status === 'canceled') return [];
  const open = [...questions.all()].filter(({ decision }) => decision === undefined);
  return open.filter((thread) => unitAt(state, thread)?.status === 'waiting');
}

/** A run as its log tells it now, whoever holds it. */
export async function readAsking({ events }: RunPaths): Promise<{ state: RunView; leftovers: Leftovers }> {
  const state = emptyRun();
  const leftovers = createLeftovers();
  for await (const event of readLog(events)) {
    reduceRun(state, event);
    leftovers.note(event);
  }
  return { state, leftovers };
}
