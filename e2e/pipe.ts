import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { TestContext } from 'vitest';
import type { Place } from './orch.ts';

/** A named pipe `go` that holds up whatever reads it (`read -r _ < go`) until the test releases it; never the test. */
export function openPipe(place: Place, { onTestFinished }: TestContext): { release(): void } {
  execFileSync('mkfifo', [place.path('go')]);
  const pipe = openSync(place.path('go'), constants.O_RDWR);
  onTestFinished(() => closeSync(pipe));
  return { release: () => void writeSync(pipe, 'go\n') };
}
