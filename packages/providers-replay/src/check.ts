import { OrchError } from '@orch/contracts';
import { recordHint } from './recordings.ts';
import type { Recorded } from './recordings.ts';
import type { ReplaySettings } from './settings.ts';

/** Whether there is anything to answer with. */
export function check({ dir }: ReplaySettings, all: readonly Recorded[]): void {
  if (all.length > 0) return;
  throw new OrchError('unconfigured', `Expected recordings (\`<step>.<n>.json\`) in ${dir}, found none.`, {
    hint: recordHint,
  });
}
