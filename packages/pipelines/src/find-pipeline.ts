import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OrchError } from '@orch/contracts';
import { pipelineNames, pipelineTraits } from './pipelines.ts';

const folder = fileURLToPath(new URL('../pipelines', import.meta.url));

/** The job of a pipeline: absolute path, text, and the absolute folder that its prompts and modules stand in. */
export type PipelineFile = { readonly file: string; readonly text: string; readonly jobDir: string };

/** The pipeline of a name, read from the disc; undefined when there is none. */
export function findPipeline(name: string): PipelineFile | undefined {
  if (!Object.hasOwn(pipelineTraits, name)) return undefined;
  const jobDir = join(folder, name);
  const file = join(jobDir, 'job.yaml');
  return { file, text: readFileSync(file, 'utf8'), jobDir };
}

/** The same; throws `not_found` when there is none. */
export function requirePipeline(name: string): PipelineFile {
  const found = findPipeline(name);
  if (found !== undefined) return found;
  const there = pipelineNames.join(', ');
  throw new OrchError('not_found', `Expected the name of a pipeline (${there}), got \`${name}\`.`);
}
