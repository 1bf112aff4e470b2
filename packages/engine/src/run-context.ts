import type { Cache } from '@orch/cache';
import type { BlobStore, Clock, CompiledJob, Digest, Ids, Json, Provider, StepKind } from '@orch/contracts';
import type { Files, RunPaths } from '@orch/filestore';
import type { Journal } from './journal.ts';
import type { Leftovers } from './leftovers.ts';
import type { Restore } from './restore-files.ts';
import type { Results } from './results.ts';
import type { StoredReply } from './stored-reply.ts';

/** What the inputs of a step are made from. */
export type RunFacts = {
  readonly jobId: string;
  readonly job: CompiledJob;
  readonly paths: RunPaths;
  /** Absolute folder of the files that steps write. */
  readonly outputs: string;
  readonly kinds: ReadonlyMap<string, StepKind>;
  /** What settled nodes came to, by node id. */
  readonly results: Results;
  /** The moment the run first began, ISO 8601. */
  readonly now: string;
  readonly limit: number | undefined;
};

/** Everything that the attempts of one run share. */
export type RunContext = RunFacts & {
  readonly journal: Journal;
  readonly files: Files;
  readonly blobs: BlobStore;
  /** Replies of models. */
  readonly cache: Cache<StoredReply>;
  /** What steps with `cache: on` made. */
  readonly made: Cache<Json>;
  /** Beside the cache that all runs share: prompts of its replies, files of its results. */
  readonly sharedBlobs: BlobStore;
  readonly provider: Provider | undefined;
  /** Nobody is called: replies come from what is stored, or from `recordings`. */
  readonly frozen: boolean;
  readonly recordings: Provider | undefined;
  readonly commandEnv: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** When this attempt of the run began, by the monotonic clock. */
  readonly began: number;
  /** Steps that run although they succeeded with the same inputs before. */
  readonly anew: ReadonlySet<string>;
  readonly leftovers: Leftovers;
  /** Keys of answers that a process kept, and died before it could tell of or share them. */
  readonly recovered: Set<Digest>;
  /** Files of reused steps that are to be put back before anything starts, by path. */
  readonly restores: Map<string, Restore>;
  /** Keys of answers that a step could not use. */
  readonly rejected: Set<Digest>;
};
