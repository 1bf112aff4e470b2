import { err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import type { Draft } from './fields/draft.ts';
import { readJob } from './fields/read-job.ts';
import { Problems } from './source/problems.ts';
import { readYaml } from './source/read-yaml.ts';
import { Source } from './source/source.ts';
import type { SpecError } from './spec-error.ts';

/** A written job whose fields were checked one by one; `compileJob` checks that they fit together. */
export type JobSpec = { readonly source: Source; readonly draft: Draft };

/**
 * Reads a job from YAML or JSON. The errors are all that can be told without reading other files and without
 * comparing steps, sorted by position. `file` is what they call it.
 */
export function parseJob(text: string, { file }: { file: string }): Result<JobSpec, SpecError[]> {
  const { spec, problems } = readSpec(text, file);
  return problems.none ? ok(spec) : err(problems.sorted());
}

/** What could be read, and everything that is wrong with it, among `others`. */
export function readSpec(text: string, file: string, others?: Problems): { spec: JobSpec; problems: Problems } {
  const source = new Source(file, text);
  const problems = others?.in(source) ?? new Problems(source);
  const written = readYaml(source, problems);
  return { spec: { source, draft: readJob(written, problems) }, problems };
}
