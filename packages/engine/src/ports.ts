import type {
  Clock,
  Hider,
  Ids,
  JsonObject,
  OrchEvent,
  Plan,
  PlanStep,
  Provider,
  ProviderChoice,
  Result,
  StepKind,
  ToolServers,
} from '@orch/contracts';
import type { Durability } from '@orch/filestore';
import type { SpecError } from '@orch/spec';

/** What a run is lent from outside. */
export type EnginePorts = {
  /** Who answers; needed only by jobs with steps that ask a model. */
  readonly provider?: Provider | undefined;
  /** Those that steps name, by the keys of the plan's `providers`. */
  readonly providers?: ReadonlyMap<string, Provider> | undefined;
  /** Finds who answers a job that a step runs, by what that job says and the absolute folder where it stands. */
  readonly findProvider?:
    ((choice: ProviderChoice, jobDir: string) => Provider | undefined | Promise<Provider | undefined>) | undefined;
  /** Takes secrets out of whatever comes in. */
  readonly hider?: Hider | undefined;
  /** The values of the secrets that the plan names, for the environment of commands that ask for them. */
  readonly secrets?: ReadonlyMap<string, string> | undefined;
  /** Who answers in a frozen run what the cache does not know: recorded replies. */
  readonly recordings?: Provider | undefined;
  /** The environment commands may see, already reduced to what is allowed. */
  readonly commandEnv: Readonly<Record<string, string>>;
  readonly clock?: Clock | undefined;
  readonly ids?: Ids | undefined;
  /** Servers of tools that steps give to a model. They are closed by whoever lends them. */
  readonly tools?: ToolServers | undefined;
  /** Step kinds beside the built-in ones and those that the plan names. */
  readonly kinds?: readonly StepKind[] | undefined;
  /** Makes plan steps of what a step returned; `compileSteps` of `@orch/spec` unless given. */
  readonly compileSteps?: CompileSteps | undefined;
};

/** Compiles steps written in the job language, by id, like those of a job file; all that is wrong with them at once. */
export type CompileSteps = (
  steps: JsonObject,
  context: {
    /** Of the run: what they may read. */
    readonly plan: Plan;
    /** The steps that they may need. */
    readonly existing: readonly PlanStep[];
    readonly jobDir: string;
    /** The text of a file, by its absolute path. */
    readonly readFile: (path: string) => Promise<string>;
    /** The kinds of step beside the built-in ones, by name. */
    readonly kinds: ReadonlyMap<string, StepKind>;
  },
) => Promise<Result<readonly PlanStep[], readonly SpecError[]>>;

export type RunOptions = {
  /** The folder of all runs. */
  readonly runsDir: string;
  /** Run this step and what it needs, nothing else. */
  readonly only?: string | undefined;
  /** Call nobody: replies come from the cache or from recordings, and a miss fails its step with what differs. */
  readonly frozen?: boolean | undefined;
  /** Take at most so many items of each fan-out. */
  readonly limit?: number | undefined;
  /** `strict` (default) syncs before it acknowledges; `relaxed` loses nothing when the process dies, only when the machine does. */
  readonly durability?: Durability | undefined;
  /** Ends the run at once: what is in flight is ended too. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the run gently: nothing more starts, and what is in flight has `graceMs` to finish. */
  readonly drain?: AbortSignal | undefined;
  /** Milliseconds; 10 000 unless given. */
  readonly graceMs?: number | undefined;
  /** The first failure ends what is in flight, instead of letting it finish. */
  readonly failFast?: boolean | undefined;
  /** Called with each event, once it is on disc. */
  readonly onEvent?: ((event: OrchEvent) => void) | undefined;
  /** The id of the new run; a fresh one unless given. */
  readonly jobId?: string | undefined;
};

/** How a run goes on. */
export type ResumeOptions = {
  /** Run this step and all that needs it anew, whatever they came to before. */
  readonly from?: string | undefined;
  /** What failed asks for other answers than those it failed with. */
  readonly retryFailed?: boolean | undefined;
};
