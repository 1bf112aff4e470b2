import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Plan, PlanStep } from '@orch/contracts';
import { foldLog } from '@orch/events';

const idForm = /^job_[0-9a-f]{12}$/;

/** Ids of the runs in a folder: of the folders that have a log. A folder that is not there has none. */
export function listRunIds(runsDir: string): string[] {
  if (!existsSync(runsDir)) return [];
  return readdirSync(runsDir).filter((name) => idForm.test(name) && existsSync(join(runsDir, name, 'events.jsonl')));
}

/** The folder of the run that `name` means: an id, the unique start of one, or `latest`. Throws `usage`, `not_found`. */
export function findRun(runsDir: string, name = 'latest'): string {
  if (name.trim() === '') throw namelessRun();
  const ids = listRunIds(runsDir);
  if (name === 'latest') return latestRun(runsDir, ids);
  const fitting = ids.filter((id) => id.startsWith(name) || id.startsWith(`job_${name}`));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return join(runsDir, only);
  const came = fitting.length === 0 ? 'none' : `${fitting.length}: ${fitting.slice(0, 5).join(', ')}`;
  throw new OrchError('not_found', `Expected one run in ${runsDir} whose id starts with ${name}, found ${came}.`, {
    hint: 'See `orch list`.',
  });
}

/** Every id starts with nothing: a variable that was not set must not mean whichever run there is. */
function namelessRun(): OrchError {
  return new OrchError('usage', 'Expected a job id, the unique start of one, or latest; got an empty text.', {
    hint: 'See `orch list`.',
  });
}

function latestRun(runsDir: string, ids: readonly string[]): string {
  const link = join(runsDir, 'latest');
  if (existsSync(link)) return join(runsDir, basename(realpathSync(link)));
  const byAge = ids.toSorted((a, b) => beganAt(runsDir, b) - beganAt(runsDir, a));
  const newest = byAge.find((id) => !isSubJob(runsDir, id)) ?? byAge[0];
  if (newest !== undefined) return join(runsDir, newest);
  throw new OrchError('not_found', `Expected a run in ${runsDir}, found none.`, {
    hint: 'Start one with `orch run`, or name another folder with --runs-dir.',
  });
}

/** By its folder: the link may be missing because a process died before it made it. */
function beganAt(runsDir: string, id: string): number {
  return statSync(join(runsDir, id)).birthtimeMs;
}

/** It goes on with the run that began it. */
function isSubJob(runsDir: string, id: string): boolean {
  return foldLog(join(runsDir, id, 'events.jsonl')).state.parent !== undefined;
}

/** The steps of a run's plan, in its order; those that joined it later are not among them. */
export function planSteps(dir: string): readonly PlanStep[] | undefined {
  const path = join(dir, 'inputs', 'plan.json');
  if (!existsSync(path)) return undefined;
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Plan).steps;
  } catch (error) {
    // It is there for people; the steps that the log names are known all the same.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
