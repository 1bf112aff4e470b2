import { answerMutations } from './answers.ts';
import { cacheMutations } from './cache.ts';
import { effectMutations } from './effects.ts';
import { evidenceMutations } from './evidence.ts';
import { fileMutations } from './files.ts';
import { flowMutations } from './flow.ts';
import { growthMutations } from './growth.ts';
import { keyMutations } from './key.ts';
import { languageMutations } from './language.ts';
import { logMutations } from './log.ts';
import { lossMutations } from './loss.ts';
import { peopleMutations } from './people.ts';
import { providerMutations } from './providers.ts';
import { reuseMutations } from './reuse.ts';
import { secretMutations } from './secrets.ts';
import { stopMutations } from './stop.ts';
import { toolMutations } from './tools.ts';
import type { Mutation } from '../mutation.ts';

/** Those of the durable core, in the order of its layers, then those of the job language. */
export const mutations: readonly Mutation[] = [
  ...fileMutations,
  ...logMutations,
  ...keyMutations,
  ...cacheMutations,
  ...effectMutations,
  ...reuseMutations,
  ...lossMutations,
  ...stopMutations,
  ...toolMutations,
  ...providerMutations,
  ...evidenceMutations,
  ...flowMutations,
  ...peopleMutations,
  ...growthMutations,
  ...languageMutations,
  ...answerMutations,
  ...secretMutations,
];
