import { setImmediate as nextTurn } from 'node:timers/promises';
import { resolveInside } from '@orch/filestore';
import type { RunView } from '@orch/events';
import { digestWords, findFile } from './find-file.ts';
import type { Misfit } from './misfit.ts';

export type CheckedFiles = {
  readonly misfit?: Misfit;
  /** Files that are not as the log says, and need not be: whoever was at work on them was not done. */
  readonly unsettled: readonly string[];
};

/** Looks whether each file of a run is as its last writer left it. While somebody writes the run, none need be. */
export async function checkFiles(run: RunView, dir: string, isLive: boolean): Promise<CheckedFiles> {
  const unsettled: string[] = [];
  for (const { path, sha256, step } of run.files.values()) {
    const expected = digestWords(sha256);
    const place = resolveInside(dir, path);
    const { found } = place.ok ? findFile(place.value) : { found: place.error.message };
    if (found !== expected) {
      const misfit = { what: `the file that step ${step} wrote`, path, expected, found };
      if (!isLive && isSettled(run, step)) return { misfit, unsettled };
      unsettled.push(path);
    }
    await nextTurn();
  }
  return { unsettled };
}

/**
 * Content reaches the disc before the event that names it: where a step ran when its process died, files may be newer
 * than the log. A step that failed or was stopped when it was tried again may have changed what it wrote before.
 */
function isSettled({ status, steps }: RunView, writer = ''): boolean {
  const atWork = status === 'running' && [...steps.values()].some((step) => step.status === 'running');
  return !atWork && steps.get(writer)?.status === 'succeeded';
}
