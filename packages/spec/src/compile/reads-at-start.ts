import type { PlanStep } from '@orch/contracts';

/** What a step reads, as it is written. */
export type ReadAtStart = { readonly step: string; readonly path: string; readonly isGlob: boolean };

type Reader = Pick<PlanStep, 'id' | 'needs' | 'reads' | 'writes' | 'fields'> & { readonly kind: string | undefined };

/**
 * What steps read and nothing before them can make: it must be there when the job starts. A step that only asks a model
 * makes no file; of all others nobody can tell. The steps stand in the order of the graph.
 */
export function readsAtStart(steps: Iterable<Reader>): ReadAtStart[] {
  const making = new Set<string>();
  const found: ReadAtStart[] = [];
  for (const step of steps) {
    const isBehindMaker = step.needs.some((need) => making.has(need));
    if (isBehindMaker || mayMakeFiles(step)) making.add(step.id);
    if (isBehindMaker) continue;
    for (const path of step.reads) found.push({ step: step.id, path, isGlob: isGlob(path) });
  }
  return found;
}

function mayMakeFiles({ kind, fields, writes }: Reader): boolean {
  return kind !== 'llm' || fields['output'] === 'files' || writes.length > 0;
}

/** Whether a path has characters that globs give a meaning: https://github.com/micromatch/picomatch#globbing-features */
function isGlob(path: string): boolean {
  return /^!|[*?[\]{}()\\]/.test(path);
}
