import type { Digest, JsonObject, Plan, PlanInput, ProviderChoice, Result } from '@orch/contracts';
import type { PipelinePort } from './load-pipeline.ts';
import type { OwnKinds } from './own-kinds.ts';

/** What surrounds a job when it is compiled. */
export type CompileContext = PipelinePort & {
  /** Absolute folder of the job file. */
  readonly jobDir: string;
  /** Reads a file as text by its absolute path; rejects as `node:fs/promises` does. */
  readonly readFile: (path: string) => Promise<string>;
  /** Whether there is a file at an absolute path. Without it, the files under `reads` are not looked for. */
  readonly isFile?: (path: string) => boolean;
  /** sha-256 of the canonical JSON of the plan. */
  readonly digest: (plan: Plan) => Digest;
  /** Values of `--var`, over those of the job. */
  readonly vars?: JsonObject;
  /** Values given to an earlier run of the job, under `vars`: where the job has no such variable any more, forgotten. */
  readonly keptVars?: JsonObject | undefined;
  /** For a job that does not say; 4 unless given. */
  readonly concurrency?: number;
  /** The names of the providers there are; unless given, any name will do. */
  readonly providers?: readonly string[];
  /**
   * Decides who answers, from what the job says (`{ name: 'auto' }` when it says nothing). Asked once, after everything
   * else was found right, and only when a step asks a model. Without it: as the job says, and nobody for `auto`.
   */
  readonly provider?: (written: ProviderChoice) => ProviderChoice | Promise<ProviderChoice>;
  /**
   * The same for each provider that steps, or jobs that steps run, name; `jobDir`: the absolute folder of the job that
   * does. Without it: as the job says.
   */
  readonly namedProvider?: (
    name: string,
    written: ProviderChoice,
    jobDir: string,
  ) => ProviderChoice | Promise<ProviderChoice>;
  /**
   * The kinds that others brought, by name; or what loads them, given what `kinds` of a job says and its absolute folder.
   * Without it, any name will do in a job that has `kinds`, and what a step of such a kind holds is checked when it runs.
   */
  readonly kinds?: OwnKinds | ((from: readonly string[], jobDir: string) => Promise<Result<OwnKinds, string>>);
  /**
   * The absolute path of the file that importing a package from the folder of a job loads. Without it, or when it is
   * undefined, the version of a package with kinds stands for its code.
   */
  readonly packageEntry?: (name: string, jobDir: string) => string | undefined;
  /**
   * Reads a job that is code, by the absolute path of its file, for steps that run one. Without it, they are refused.
   */
  readonly importJob?: (path: string) => Promise<Result<ImportedJob, string>>;
};

/** A job that code came to: its JSON, and the files that it was made from, by path from its folder. */
export type ImportedJob = { readonly text: string; readonly inputs: readonly PlanInput[] };
