import { join, relative } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import type { Digest, Plan } from '@orch/contracts';
import { openBlobs } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { findFile } from './find-file.ts';
import type { Misfit } from './misfit.ts';

/**
 * Looks whether `inputs/plan.json` is the plan of the last attempt; `plans` are those of all attempts, in order. A plan
 * that was kept for an attempt which never came to begin will do as well.
 */
export function planMisfit(paths: RunPaths, plans: readonly Digest[]): Misfit | undefined {
  const last = plans.at(-1);
  if (last === undefined) return undefined;
  const path = join(paths.inputs, 'plan.json');
  const file = findFile(path);
  const digest = 'content' in file ? planDigest(file.content.toString()) : undefined;
  if (digest === last || (digest !== undefined && isUnbegun(paths, plans, digest))) return undefined;
  return {
    what: 'the plan of the last attempt',
    path: relative(paths.dir, path).replaceAll('\\', '/'),
    expected: `the plan with hash ${last}`,
    found: digest === undefined ? file.found : `one with hash ${digest}`,
  };
}

/** The plan that an attempt began with, from its blob. */
export function readPlan({ artifacts }: RunPaths, hash: Digest | undefined): Plan | undefined {
  const content = hash === undefined ? undefined : openBlobs(artifacts).get(hash);
  return content && (JSON.parse(Buffer.from(content).toString()) as Plan);
}

function planDigest(text: string): Digest | undefined {
  try {
    return sha256(canonicalJson(JSON.parse(text)));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Content comes before the event that names it, and the process may have died in between. */
function isUnbegun({ artifacts }: RunPaths, plans: readonly Digest[], digest: Digest): boolean {
  return !plans.includes(digest) && openBlobs(artifacts).has(digest);
}
