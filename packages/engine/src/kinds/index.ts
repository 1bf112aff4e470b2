import type { StepKind } from '@orch/contracts';
import { filesKind } from './files.ts';
import { gateKind } from './gate.ts';
import { llmKind } from './llm.ts';
import { moduleKind } from './module.ts';
import { shellKind } from './shell.ts';

/** The kinds of step that orch brings. Each is a `StepKind` like any other. */
export const builtinKinds: readonly StepKind[] = [llmKind, shellKind, filesKind, gateKind, moduleKind];
