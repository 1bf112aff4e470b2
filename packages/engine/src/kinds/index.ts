import type { StepKind } from '@orch/contracts';
import { approveKind } from './approve.ts';
import { filesKind } from './files.ts';
import { gateKind } from './gate.ts';
import { jobKind } from './job.ts';
import { llmKind } from './llm.ts';
import { moduleKind } from './module.ts';
import { patchKind } from './patch.ts';
import { shellKind } from './shell.ts';

/** The kinds of step that orch brings. Each is a `StepKind` like any other. */
const builtin: readonly StepKind[] = [
  llmKind,
  shellKind,
  filesKind,
  patchKind,
  gateKind,
  moduleKind,
  approveKind,
  jobKind,
];

export const builtinKinds: ReadonlySet<string> = new Set(builtin.map(({ kind }) => kind));

/** The kinds that a run knows, by name: those of orch, and others, which win. */
export function allKinds(others: readonly StepKind[] = []): ReadonlyMap<string, StepKind> {
  return new Map([...builtin, ...others].map((kind) => [kind.kind, kind]));
}
