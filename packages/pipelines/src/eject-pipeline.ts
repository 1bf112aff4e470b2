import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { OrchError } from '@orch/contracts';
import { requirePipeline } from './find-pipeline.ts';
import { pipelineTraits } from './pipelines.ts';
import type { PipelineName } from './pipelines.ts';

export type EjectOptions = {
  /** What the job is to do; an example unless given. */
  readonly task?: string | undefined;
  /** Replaces files that are there. */
  readonly force?: boolean | undefined;
};

/**
 * Copies a pipeline into a folder, as a job that runs from there. Returns the paths of the files, relative to the folder.
 * Throws `not_found` for a name that is none, and `conflict` before anything is written when a file is there already.
 */
export function ejectPipeline(name: string, dir: string, { task, force = false }: EjectOptions = {}): string[] {
  const { jobDir } = requirePipeline(name);
  const { exampleTask } = pipelineTraits[name as PipelineName];
  const entries = readdirSync(jobDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(jobDir, join(entry.parentPath, entry.name))).sort();
  const taken = paths.filter((path) => existsSync(join(dir, path)));
  if (taken.length > 0 && !force) throw occupied(dir, taken);
  for (const path of paths) {
    const text = readFileSync(join(jobDir, path), 'utf8');
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), path === 'job.yaml' ? withTask(text, task ?? exampleTask) : text);
  }
  return paths;
}

/** The task stands below the comment that the file begins with. */
function withTask(job: string, task: string | undefined): string {
  if (task === undefined) return job;
  const [header = '', ...rest] = job.split('\n\n');
  return [header, `task_description: ${JSON.stringify(task)}`, ...rest].join('\n\n');
}

function occupied(dir: string, [first = '', ...others]: readonly string[]): OrchError {
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return new OrchError(
    'conflict',
    `Expected no file in the way in ${dir}, found ${first}${more}: nothing was written.`,
    {
      hint: 'Name another folder, or replace them with --force.',
    },
  );
}
