import type { EventData, EventType, FileRef } from './event.ts';
import type { StepState } from './states.ts';
import type { Digest, Json, JsonObject } from './json.ts';
import type { OrchError } from './orch-error.ts';
import type { BlobStore, Clock, Hider } from './ports.ts';
import type { Plan, PlanInput, ToolServer } from './plan.ts';
import type { Message, ModelOptions, Reply, Resilience, ToolSpec } from './exchange.ts';
import type { ToolResult, ToolServers } from './tools.ts';
import type { Result } from './result.ts';

/** A schema of any library, seen from outside: a zod schema is one. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

export type SchemaIssue = { readonly path: readonly PropertyKey[]; readonly message: string };

/** What one attempt of a step came to. Never thrown: a throw is an error of the kind itself. */
export type Outcome<O> =
  | {
      readonly status: 'succeeded';
      readonly output: O;
      readonly extra?: OutcomeExtra;
      /** Steps by id, in the job language: checked like those of the job, they become part of the plan of this run. */
      readonly steps?: JsonObject;
    }
  | { readonly status: 'failed'; readonly error: OrchError; readonly extra?: OutcomeExtra }
  /** A person has to answer first; the attempt ends, and the step starts anew when the answer is there. */
  | { readonly status: 'waiting'; readonly request: ApprovalRequest };

/** What a person is asked. */
export type ApprovalRequest = {
  readonly question: string;
  /** The answers there are; any unless given. */
  readonly options?: readonly string[];
  /** After so many seconds nobody's answer counts, and the step fails with `expired`. */
  readonly expiresS?: number;
};

/** What a person answered to the question of this step with these inputs. */
export type Approval = {
  readonly granted: boolean;
  readonly answer?: Json;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
};

/** A job that a step runs as a run of its own. */
export type SubJob = {
  readonly plan: Plan;
  readonly spec: PlanInput;
  readonly inputs: readonly PlanInput[];
  /** Absolute. */
  readonly jobDir: string;
};

/** What a run of its own came to. `outputs`: those of its steps, by id. */
export type SubRunEnd =
  | {
      readonly status: 'succeeded';
      readonly jobId: string;
      readonly dir: string;
      readonly outputs: { readonly [step: string]: Json };
    }
  | { readonly status: 'failed'; readonly error: OrchError }
  | { readonly status: 'waiting'; readonly request: ApprovalRequest };

/** What templates read beside `output`. */
export type OutcomeExtra = { readonly exit_code?: number; readonly stderr?: string };

/** A question as a step kind puts it; provider, model and identity are the run's affair. */
export type Question = {
  readonly messages: readonly Message[];
  readonly options: ModelOptions;
  readonly schema?: JsonObject | undefined;
  /** What the model may ask to have called. Whoever asks calls it, and asks again. */
  readonly tools?: readonly ToolSpec[] | undefined;
  readonly resilience?: Resilience | undefined;
  /** The model the step names instead of the provider's. */
  readonly model?: string | undefined;
  /** An answer that was cut short is used as it is, instead of failing with `truncated`. */
  readonly allowTruncated?: boolean | undefined;
};

/** An answer, bought now or found. `key` names it, for `reject`. */
export type Answer = { readonly reply: Reply; readonly key: Digest };

/** A call of a tool that a model asked for. */
export type HostedCall = {
  /** The same whenever this answer is read again. */
  readonly call: string;
  readonly server: string;
  readonly where: ToolServer;
  readonly name: string;
  readonly args: JsonObject;
};

/** How a file comes to be; `run-folder.md` and `@orch/filestore` say what each does to content already there. */
export type WriteMode = 'overwrite' | 'create_new' | 'append';

/** A need as templates and modules see it. */
export type NeedResult = {
  readonly status: StepState;
  readonly output: Json;
  readonly files: readonly ScopeFile[];
  /** One entry an item, in the order of the items; only for a step that fans out. */
  readonly items?: readonly ItemResult[];
  readonly error?: { readonly code: string; readonly message: string };
} & OutcomeExtra;

export type ItemResult = NeedResult & { readonly key: string; readonly item: Json };

/** A written file, its path relative to the folder of outputs; `text` is read when it is asked for. */
export type ScopeFile = FileRef & { readonly text: string };

export type StepScope = {
  readonly task?: string | undefined;
  readonly vars: JsonObject;
  readonly steps: { readonly [id: string]: NeedResult };
  readonly item?: Json | undefined;
  readonly run: { readonly id: string; readonly dir: string; readonly outputs: string };
  readonly job: { readonly dir: string };
  /** The moment the run began, ISO 8601. */
  readonly now: string;
};

/** What an attempt may log itself. How it starts and ends, and all that concerns the run, is the loop's to say. */
export type StepEvent = Exclude<
  EventType,
  | `job.${string}`
  | `plan.${string}`
  | `step.${string}`
  | `llm.${string}`
  | `cache.${string}`
  | `approval.${string}`
  | 'log.recovered'
>;

/** The only thing an attempt may ask of the loop around it. */
export interface StepHost {
  readonly step: string;
  readonly item: string | undefined;
  readonly attempt: number;
  /** The same for every attempt at this step with these inputs: an idempotency key for effects. */
  readonly key: string;
  readonly signal: AbortSignal;
  /** Globs of the files below the folder of outputs that the step says it writes. */
  readonly writes: readonly string[];
  readonly clock: Clock;
  readonly blobs: BlobStore;
  /** What templates of this step see: task, vars, item, and the results of its needs. */
  readonly scope: StepScope;
  /** Absolute folders: of the job file, of the run, of the files it writes. */
  readonly dirs: { readonly job: string; readonly run: string; readonly outputs: string };
  /** The environment that commands may see, before the step's own `env`. */
  readonly commandEnv: Readonly<Record<string, string>>;
  /** Resolves when the event, and all before it, are on disc. */
  readonly emit: <T extends StepEvent>(type: T, data: EventData[T]) => Promise<void>;
  /** What was answered to this step's question about these inputs; undefined as long as nobody did. */
  readonly approval: Approval | undefined;
  /** Runs a job in a folder of its own, or goes on with it; its end is that of the step. */
  readonly runJob: (job: SubJob) => Promise<SubRunEnd>;
  /** One exchange: from the cache, or paid for and kept. */
  readonly ask: (question: Question) => Promise<Result<Answer>>;
  /** The servers of tools of this run. */
  readonly tools: Pick<ToolServers, 'list'>;
  /** Calls a tool and logs it; one that this step has called before, with the same name for the call, is answered from the log. */
  readonly callTool: (call: HostedCall) => Promise<Result<ToolResult>>;
  /** Marks an answer as unusable: the next equal question asks for the next sample. */
  readonly reject: (answer: Answer, by: string, reason: string) => Promise<void>;
  /** Writes below the folder of outputs and logs the file. */
  readonly write: (path: string, content: string | Uint8Array, mode?: WriteMode) => Promise<Result<FileRef>>;
  /** Appends to the step's log file; pieces of one stream, such as `stdout`, are looked through for secrets together. */
  readonly log: (text: string, stream?: string) => void;
  /** For kinds that cut or take apart what they read; whatever else they hand on is hidden all the same. */
  readonly hider: Hider;
  /** The value of a secret that the job names, for the environment of a command. Throws `usage` for any other. */
  readonly secret: (name: string) => string;
}

/**
 * A kind of step. `input` checks the rendered fields, `fingerprint` returns those that change the result,
 * `run` does it. `version` grows when the same input would give another result.
 */
export interface StepKind<I = unknown, O extends Json = Json> {
  readonly kind: string;
  readonly version: number;
  readonly input: Schema<I>;
  /** It asks a model: provider and model enter the input hash. */
  readonly asks?: boolean;
  /** It reads `host.scope` itself: task, vars and item enter the input hash. */
  readonly scoped?: boolean;
  fingerprint(input: I): Json;
  run(input: I, host: StepHost): Promise<Outcome<O>>;
}
