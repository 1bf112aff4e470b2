import { relative } from 'node:path';
import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { loadKinds } from '@orch/engine';
import type { ImportedJob, OwnKinds } from '@orch/spec';
import { importJob } from '../define-job/import-job.ts';
import { textOf } from '../define-job/job.ts';

/** A job that a step runs and that is code; names in messages count from `cwd`. */
export async function importSubJob(path: string, cwd: string): Promise<Result<ImportedJob, string>> {
  try {
    const shown = relative(cwd, path).startsWith('..') ? path : relative(cwd, path);
    const { job, inputs } = await importJob(path, { shown, cwd });
    return ok({ text: textOf(job), inputs });
  } catch (error) {
    if (OrchError.is(error)) return err(error.message);
    throw error;
  }
}

/** The step kinds that a job brings, by name. */
export async function loadOwnKinds(from: readonly string[], jobDir: string): Promise<Result<OwnKinds, string>> {
  try {
    const kinds = await Promise.all(from.map((source) => loadKinds(source, jobDir)));
    return ok(new Map(kinds.flat().map((kind) => [kind.kind, kind])));
  } catch (error) {
    if (OrchError.is(error)) return err(error.message);
    throw error;
  }
}
