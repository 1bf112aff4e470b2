import { existsSync } from 'node:fs';
import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { foldLog } from '@orch/events';
import type { LinkedRun, RunView } from '@orch/events';
import { runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { notWhole } from './misfit.ts';
import { unitName } from './named-content.ts';
import type { VerifiedRun } from './verify-run.ts';

type Around = {
  /** The folder of all runs. */
  readonly base: string;
  /** The runs whose steps began this one, from the first. */
  readonly above: readonly string[];
  readonly verify: (paths: RunPaths, above: readonly string[]) => Promise<Result<VerifiedRun>>;
};

/**
 * Verifies the runs that the steps of a run began, which stand beside it in `base`, in the order in which they were
 * begun. One that is gone, and was there, is as wrong as one that is not whole.
 */
export async function checkChildren(run: RunView, { base, above, verify }: Around): Promise<Result<VerifiedRun[]>> {
  const chain = [...above, run.jobId];
  const verified: VerifiedRun[] = [];
  for (const child of run.children.values()) {
    const paths = runPaths(base, child.jobId);
    if (!existsSync(paths.events)) {
      if (mayBeAbsent(run, child)) continue;
      return err(gone(run, child));
    }
    if (chain.includes(child.jobId)) return err(strange(run, child, 'one that began that one'));
    const found = await verify(paths, chain);
    if (!found.ok) return err(named(run, child, found.error));
    const { parent } = foldLog(paths.events).state;
    if (parent !== undefined && parent.job_id !== run.jobId) {
      return err(strange(run, child, `one that ${parent.job_id} began`));
    }
    verified.push(found.value);
  }
  return ok(verified);
}

/** It is linked before it begins: the process may have died in between, or it could not begin. */
function mayBeAbsent({ steps }: RunView, { step, item, inputHash }: LinkedRun): boolean {
  const own = steps.get(step);
  const unit = item === undefined ? own : own?.items.get(item);
  const isDone = unit?.status === 'waiting' || unit?.success?.data.input_hash === inputHash;
  return !isDone;
}

function gone(run: RunView, child: LinkedRun): OrchError {
  return notWhole(run.jobId, {
    what: `the run that ${unitName(child)} began`,
    path: `../${child.jobId}`,
    expected: 'the folder of a run',
    found: 'none',
  });
}

function strange(run: RunView, child: LinkedRun, found: string): OrchError {
  return notWhole(run.jobId, {
    what: `the run that ${unitName(child)} began`,
    path: `../${child.jobId}`,
    expected: `a run that ${run.jobId} began`,
    found,
  });
}

function named(run: RunView, child: LinkedRun, { code, message, hint, details }: OrchError): OrchError {
  return new OrchError(code, `${message} It is the run that ${unitName(child)} of ${run.jobId} began.`, {
    hint,
    details: { ...details, run: child.jobId },
  });
}
