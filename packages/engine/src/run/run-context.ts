import type { Cache } from '@orch/cache';
import type {
  BlobStore,
  Clock,
  CompiledJob,
  Digest,
  EventData,
  Hider,
  Ids,
  Json,
  OrchEvent,
  Provider,
  RunCosts,
  StepKind,
  ToolServers,
} from '@orch/contracts';
import type { Files, RunPaths } from '@orch/filestore';
import type { Journal } from './journal.ts';
import type { Leftovers } from '../resume/leftovers.ts';
import type { Admission } from '../graph/admission.ts';
import type { LivePlan } from '../graph/live-plan.ts';
import type { Restore } from '../resume/restore-files.ts';
import type { Results } from './results.ts';
import type { StoredReply } from '../exchange/stored-reply.ts';

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
  /** Takes secrets out of what comes in; leaves everything as it is where there are none. */
  readonly hider: Hider;
};

/** A run that a step begins, or goes on with. */
export type ChildRun = {
  readonly job: CompiledJob;
  readonly jobId: string;
  readonly parent: NonNullable<EventData['job.started']['parent']>;
  readonly signal: AbortSignal;
  /** It names nobody: who answers its parent answers it, too. */
  readonly asksAsParent: boolean;
};

/** What a run of its own came to. `end`: the last event of its log; `costs`: over all its attempts. */
type EndedChild = { readonly dir: string; readonly end: OrchEvent | undefined; readonly costs: RunCosts };

/** Rejects like the `result` of a run. */
export type StartChild = (child: ChildRun) => Promise<EndedChild>;

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
  /** Those that steps name. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** Nobody is called: replies come from what is stored, or from `recordings`. */
  readonly frozen: boolean;
  readonly recordings: Provider | undefined;
  readonly commandEnv: Readonly<Record<string, string>>;
  /** The values of the secrets that the plan names. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** When this attempt of the run began, by the monotonic clock. */
  readonly began: number;
  /** Steps that run although they succeeded with the same inputs before. */
  readonly anew: ReadonlySet<string>;
  /** What failed and was continued runs again, too. */
  readonly retryFailed: boolean;
  readonly leftovers: Leftovers;
  /** The steps there are, and how more of them join. */
  readonly plan: LivePlan;
  readonly tools: ToolServers;
  /** Who may start, and who gives way while it waits. */
  readonly admission: Admission;
  readonly startChild: StartChild;
  /** The last event of the log when this attempt of the run began. */
  readonly openedAt: number;
  /** Aborts when the attempt of the run is over: frees timers. */
  readonly over: AbortSignal;
  /** Aborts when nothing more is to start: nobody waits for a provider any longer. */
  readonly drain: AbortSignal;
  /** Keys of answers that a process kept, and died before it could tell of or share them. */
  readonly recovered: Set<Digest>;
  /** Files of reused steps that are to be put back before anything starts, by path. */
  readonly restores: Map<string, Restore>;
  /** Keys of answers that a step could not use. */
  readonly rejected: Set<Digest>;
};
