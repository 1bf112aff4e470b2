import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { foldLog } from '@orch/events';
import { runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';

/** A run, and those that its steps began, and theirs, as far as they are here: each after the one that began it. */
export function familyOf(run: RunPaths): RunPaths[] {
  const family = new Map([[basename(run.dir), run]]);
  for (const { events } of family.values()) {
    const children = existsSync(events) ? foldLog(events).state.children : new Map<string, unknown>();
    for (const jobId of children.keys()) {
      const child = runPaths(run.base, jobId);
      if (existsSync(child.events) && !family.has(jobId)) family.set(jobId, child);
    }
  }
  return [...family.values()];
}
