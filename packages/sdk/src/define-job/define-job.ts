import type { JsonObject } from '@orch/contracts';
import type { Builder } from './builder.ts';
import { createBuilder } from './create-builder.ts';
import type { Steps } from './create-builder.ts';
import { createJob } from './job.ts';
import type { Job } from './job.ts';
import type { JobSettings } from './job-settings.ts';
import { outputsForm } from './outputs.ts';
import type { OutputsOf } from './outputs.ts';
import { toLanguage } from './to-language.ts';

/**
 * Defines a job: calls `build` once and returns what a YAML file with the same job would parse to. Nothing runs and
 * nothing is read. What `build` returns (steps, references, or objects and lists of them) are the outputs of a run.
 * Without `build` the steps are those of the pipeline. Throws `spec`; all else that may be wrong with a job is found
 * when it is compiled.
 */
export function defineJob<V extends JsonObject = JsonObject, R = null>(
  settings: JobSettings<V>,
  build?: (j: Builder<V>) => R,
): Job<OutputsOf<R>> {
  const owner = {};
  const fields = toLanguage(settings, { path: '', owner });
  if (build === undefined) return createJob(fields, { value: null });
  const steps: Steps = new Map();
  let isOpen = true;
  try {
    const returned = build(createBuilder<V>(owner, steps, () => isOpen));
    const outputs = outputsForm(returned, owner);
    return createJob({ ...fields, steps: Object.fromEntries(steps) }, outputs);
  } finally {
    isOpen = false;
  }
}
