import { resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { canonicalJson, sha256 } from '@orch/cache';
import type { CompiledJob } from '@orch/contracts';
import { isFile } from './reads-of-job.ts';

/** What compilation reads: files, and where those are gone what a run kept of them. */
export type CopiesOfRun = {
  readonly isFile: (path: string) => boolean;
  readonly readFile: (path: string) => Promise<string>;
};

export function copiesOfRun(kept: CompiledJob | undefined): CopiesOfRun {
  const { inputs = [], jobDir = '' } = kept ?? {};
  const copies = new Map(inputs.map(({ path, content }) => [resolve(jobDir, path), content]));
  return {
    isFile: (path) => isFile(path) || copies.has(path),
    async readFile(path) {
      const copy = isFile(path) ? undefined : copies.get(path);
      return copy ?? readFile(path, 'utf8');
    },
  };
}

/** The job as one of that project: without a name of its own it would go by that of the folder its copies lie in. */
export function inProject(job: CompiledJob, project: string): CompiledJob {
  if (job.plan.project === project) return job;
  const plan = { ...job.plan, project };
  const planJson = canonicalJson(plan);
  return { ...job, plan, planJson, planHash: sha256(planJson) };
}
