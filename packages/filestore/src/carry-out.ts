import type { WriteMode } from '@orch/contracts';
import { dirname } from 'node:path';
import type { Durability } from './draft.ts';
import { syncFile, syncFolder } from './folder.ts';
import { ioError } from './io-error.ts';
import type { AllowedWrite } from './plan-write.ts';
import type { Place } from './resolve-inside.ts';
import { createAtomic, writeAtomic } from './write-atomic.ts';

export type WriteTerms = {
  readonly mode: WriteMode;
  readonly durability: Durability;
  /** Whether this content is on disc by an earlier write on the same terms. */
  readonly settled: boolean;
};

/** Does what was planned; false, and nothing is changed, when a file came up where none was. */
export function carryOut(plan: AllowedWrite, { target, stats }: Place, terms: WriteTerms): boolean {
  const { durability } = terms;
  if (plan.reason === 'nochange') {
    if (durability === 'strict' && !terms.settled) settle(target);
    return true;
  }
  if (plan.reason === 'created' && terms.mode !== 'overwrite') return createAtomic(target, plan.content, durability);
  writeAtomic(target, plan.content, { durability, mode: stats === undefined ? undefined : stats.mode & 0o777 });
  return true;
}

/** Content that somebody else left may not have reached the disc yet. */
function settle(path: string): void {
  try {
    syncFile(path);
    syncFolder(dirname(path));
  } catch (error) {
    throw ioError('sync', path, error);
  }
}
