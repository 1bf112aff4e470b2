import { cacheMutations } from './cache.ts';
import { effectMutations } from './effects.ts';
import { evidenceMutations } from './evidence.ts';
import { fileMutations } from './files.ts';
import { keyMutations } from './key.ts';
import { logMutations } from './log.ts';
import { lossMutations } from './loss.ts';
import { reuseMutations } from './reuse.ts';
import { stopMutations } from './stop.ts';
import type { Mutation } from '../mutation.ts';

/** Those of the durable core, in the order of its layers; later parts of the product bring their own. */
export const mutations: readonly Mutation[] = [
  ...fileMutations,
  ...logMutations,
  ...keyMutations,
  ...cacheMutations,
  ...effectMutations,
  ...reuseMutations,
  ...lossMutations,
  ...stopMutations,
  ...evidenceMutations,
];
