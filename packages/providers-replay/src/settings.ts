import { isAbsolute } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { ProviderEnvironment } from '@orch/providers-core';

export const name = 'replay';

/** No environment variable means anything to this provider. */
export const environment = {} as const satisfies ProviderEnvironment;

export type ReplaySettings = {
  /** The absolute path of the folder that holds `<step>.<n>.json`; `recordings` beside the job, as a rule. */
  readonly dir: string;
};

export function toReplaySettings({ dir }: ReplaySettings): ReplaySettings {
  if (!isAbsolute(dir))
    throw new OrchError('usage', `Expected the absolute path of a folder of recordings, got \`${dir}\`.`);
  return { dir };
}
