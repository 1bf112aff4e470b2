import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readOrigin } from '@orch/engine';
import { runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { parseJob, projectName } from '@orch/spec';
import { importJob, isCode } from '../define-job/import-job.ts';
import { textOf } from '../define-job/job.ts';
import { findJobFile } from '../prepare/load-job-file.ts';
import { listRuns } from './read-run.ts';
import type { RunSummary, ShownState } from './read-run.ts';

const finished: ReadonlySet<ShownState> = new Set(['succeeded', 'canceled', 'quarantined']);

export type RunSearch = {
  readonly cwd: string;
  /** Also runs that succeeded. Those that a person ended never count. */
  readonly finished?: boolean | undefined;
};

/** The folder of the newest run of a job file that can go on; undefined when there is none. */
export async function newestRunOf(
  runsDir: string,
  spec: string | undefined,
  search: RunSearch,
): Promise<string | undefined> {
  const file = findJobFile(resolve(search.cwd), spec);
  for (const run of listRuns(runsDir)) {
    if (run.parent !== undefined) continue; // it goes on with the run that began it
    const fits = search.finished === true && run.status === 'succeeded' ? true : !finished.has(run.status);
    if (fits && (await isRunOf(runsDir, run, file))) return join(runsDir, run.job_id);
  }
  return undefined;
}

/** A run of this very file; one that came from another machine, of the same text or of a file of the same project. */
async function isRunOf(runsDir: string, { job_id: id, project }: RunSummary, file: string): Promise<boolean> {
  const paths = runPaths(runsDir, id);
  const origin = readOrigin(paths);
  if (origin !== undefined) return realPath(origin) === realPath(file);
  const text = await textOfFile(file);
  if (text === undefined) return false;
  return text === textOfRun(paths) || projectOf(text, file) === project;
}

async function textOfFile(file: string): Promise<string | undefined> {
  if (!existsSync(file)) return undefined;
  if (!isCode(file)) return readFileSync(file, 'utf8');
  return textOf((await importJob(file, { shown: file, cwd: dirname(file) })).job);
}

function textOfRun({ inputs }: RunPaths): string | undefined {
  const kept = ['spec.yaml', 'spec.json'].map((name) => join(inputs, name)).find((path) => existsSync(path));
  return kept === undefined ? undefined : readFileSync(kept, 'utf8');
}

/** Undefined of a job that is none: what is wrong with it is told when it is compiled. */
function projectOf(text: string, file: string): string | undefined {
  const parsed = parseJob(text, { file });
  return parsed.ok ? (parsed.value.draft.project ?? projectName(dirname(file))) : undefined;
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
