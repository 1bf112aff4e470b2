import { canonicalJson, sha256 } from '@orch/cache';
import type { Digest, Json, ProviderChoice, StepKind, StepState } from '@orch/contracts';

export type HashedNeed = { readonly status: StepState; readonly output: Digest | null };

export type HashedInputs = {
  /** What the kind's fingerprint returned from the rendered fields. */
  readonly fields: Json;
  readonly needs: Readonly<Record<string, HashedNeed>>;
  /** Path → digest of the files that the step declares to read. */
  readonly reads: Readonly<Record<string, Digest>>;
  /** As the plan states it, for kinds that ask a model. */
  readonly asked: ProviderChoice | undefined;
};

/**
 * sha-256 of canonical `{kind, kind_version, fields, needs, reads, asked}`: equal exactly when a step (or item) may be
 * reused. Ids, retry, timeout, cache mode and the clock are not in it (architecture.md, "Identity").
 */
export function inputHash(kind: StepKind, inputs: HashedInputs): Digest {
  const { fields, needs, reads, asked } = inputs;
  const hashed = { kind: kind.kind, kind_version: kind.version, fields, needs, reads };
  return sha256(canonicalJson(asked === undefined ? hashed : { ...hashed, asked }));
}
