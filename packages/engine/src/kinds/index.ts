import type { StepKind } from '@orch/contracts';
import { filesKind } from './files.ts';
import { gateKind } from './gate.ts';
import { llmKind } from './llm.ts';
import { moduleKind } from './module.ts';
import { shellKind } from './shell.ts';

/** The kinds of step that orch brings. Each is a `StepKind` like any other. */
const builtin: readonly StepKind[] = [llmKind, shellKind, filesKind, gateKind, moduleKind];

/** The kinds that a run knows, by name: those of orch, and others, which win. */
export function allKinds(others: readonly StepKind[] = []): ReadonlyMap<string, StepKind> {
  return new Map([...builtin, ...others].map((kind) => [kind.kind, kind]));
}
