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
  /** Told the variables that the job and those it runs name as secret, before anybody is asked; also of a job that is wrong. */
  readonly onSecrets?: (names: readonly string[]) => void;
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
   * Why whoever answers takes no such options, or is wrongly described; undefined when nothing speaks against it. Asked
   * when everything else was found right. Without it, that shows when a step's turn comes.
   */
  readonly whyRefused?: (choice: ProviderChoice, asked: AskedOptions) => Promise<Refusal | undefined>;
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

/** What a step asks for beside its question. */
export type AskedOptions = { readonly model?: string | undefined; readonly options: JsonObject };

/** In a sentence: what was expected, what came; and what to do. */
export type Refusal = { readonly message: string; readonly hint?: string | undefined };

/** A job that code came to: its JSON, and the files that it was made from, by path from its folder. */
export type ImportedJob = { readonly text: string; readonly inputs: readonly PlanInput[] };
