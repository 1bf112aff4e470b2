import type { Cache } from '@orch/cache';
import type { BlobStore, Clock, CompiledJob, Digest, Ids, Json, Provider, StepKind } from '@orch/contracts';
import type { Files, RunPaths } from '@orch/filestore';
import type { Journal } from './journal.ts';
import type { Results } from './results.ts';
import type { StoredReply } from './stored-reply.ts';

/** Everything that the attempts of one run share. */
export type RunContext = {
  readonly jobId: string;
  readonly job: CompiledJob;
  readonly paths: RunPaths;
  /** Absolute folder of the files that steps write. */
  readonly outputs: string;
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
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly commandEnv: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** When this attempt of the run began, milliseconds since the epoch. */
  readonly startedAt: number;
  /** The same by the monotonic clock. */
  readonly began: number;
  readonly limit: number | undefined;
  /** What settled nodes came to, by node id. */
  readonly results: Results;
  /** Keys of answers that a step could not use. */
  readonly rejected: Set<Digest>;
};
