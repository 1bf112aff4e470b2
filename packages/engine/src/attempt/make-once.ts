import { cacheKey, canonicalJson, sha256 } from '@orch/cache';
import type { Digest, FileRef, Json, JsonObject, OutcomeExtra, PlanStep, Preimage, Where } from '@orch/contracts';
import { commitOf } from './commit-of.ts';
import type { HashedInputs } from './input-hash.ts';
import { kindOf } from './prepare-attempt.ts';
import { belowOutputs } from '../resume/reuse.ts';
import type { RunContext } from '../run/run-context.ts';

/** What an attempt that went well has made. The paths of its files are relative to the run's folder. */
export type Produced = {
  readonly output: Json;
  readonly extra?: OutcomeExtra | undefined;
  readonly files: readonly FileRef[];
  /** Steps that join the plan, in the job language. */
  readonly steps?: JsonObject | undefined;
};

export type MakeOnce = {
  readonly step: PlanStep;
  readonly where: Where;
  readonly inputs: HashedInputs;
  readonly signal: AbortSignal;
};

/**
 * `cache: on`: what an earlier run made of the same inputs and the same code, its files included; else it is made now
 * and kept for later runs. Failures are not kept: they throw.
 */
export async function makeOnce(run: RunContext, task: MakeOnce, produce: () => Promise<Produced>): Promise<Produced> {
  const preimage = await toPreimage(run, task);
  const cache_key = cacheKey(preimage);
  const compute = async (): Promise<Json> => {
    run.journal.push('cache.miss', { cache_key, changed: [...run.made.explain(preimage).changed] }, task.where);
    const produced = await produce();
    for (const { path } of produced.files) run.sharedBlobs.put(run.files.read(belowOutputs(run, path)) ?? '');
    return produced as unknown as Json;
  };
  const { signal } = task;
  const mode = task.step.cache === 'refresh' ? 'refresh' : 'auto';
  const found = await run.made.getOrCompute(preimage, compute, { mode, since: run.now, signal });
  const produced = found.value as unknown as Produced;
  if (found.from === 'computed') return produced;
  const contents = produced.files.map(({ sha256: digest }) => cleanBlob(run, digest));
  if (contents.includes(undefined)) {
    const since = new Date(run.clock.now()).toISOString();
    const anew = await run.made.getOrCompute(preimage, compute, { mode: 'refresh', since, signal });
    return anew.value as unknown as Produced;
  }
  run.journal.push('cache.hit', { cache_key, source: found.from }, task.where);
  restore(run, task.where, produced.files, contents as Uint8Array[]);
  return produced;
}

/** Undefined also for one that was kept before a value in it was known to be a secret. */
function cleanBlob({ sharedBlobs, hider }: RunContext, digest: Digest): Uint8Array | undefined {
  const content = sharedBlobs.get(digest);
  return content !== undefined && hider.bytes(content) === content ? content : undefined;
}

/** Items of a step may have all in common but what they write. */
async function toPreimage(run: RunContext, { step, inputs: { fields, needs, reads } }: MakeOnce): Promise<Preimage> {
  return {
    provider: { name: step.kind, model: '', opts: { kind_version: kindOf(run, step).version } },
    step: step.id,
    inputs: { fields, needs, reads, ...(step.writes.length > 0 && { writes: step.writes }) },
    code_version: await codeVersion(run, step, reads),
  };
}

/** The commit, where the step says so; else the digest of the code that it names: of its module, or of the files that it reads. */
function codeVersion(run: RunContext, step: PlanStep, reads: HashedInputs['reads']): string | Promise<string> {
  const { code_sha256: code } = step.fields;
  if (step.code_version === 'commit') return commitOf(run, step);
  return typeof code === 'string' ? code : sha256(canonicalJson(reads));
}

function restore(run: RunContext, where: Where, files: readonly FileRef[], contents: readonly Uint8Array[]): void {
  files.forEach((file, at) => {
    const content = contents[at] ?? new Uint8Array();
    const { wrote, reason } = run.files.write(belowOutputs(run, file.path), content);
    run.blobs.put(content);
    run.journal.push('file.written', { ...file, wrote, reason }, where);
  });
}
