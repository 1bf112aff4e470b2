import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, PlanInput } from '@orch/contracts';
import { packageEntry } from '@orch/engine';
import { findPipeline, pipelineNames } from '@orch/pipelines';
import { hideError } from '@orch/secrets';
import { loadJob, parseJob } from '@orch/spec';
import type { CompileContext, SpecError } from '@orch/spec';
import { copiesOfRun, inProject } from './copies-of-run.ts';
import { hideJob, secretsInJob } from './hide-job.ts';
import type { Secrets } from '../secrets.ts';
import { importJob, isCode } from '../define-job/import-job.ts';
import { textOf } from '../define-job/job.ts';
import type { Job } from '../define-job/job.ts';
import { importSubJob, loadOwnKinds } from './job-code.ts';
import { isFile } from './reads-of-job.ts';
import { vendors } from '../providers/vendors.ts';
import { wrongChoices } from './wrong-choices.ts';

const usual = ['job.yaml', 'orch.yaml'];

/** The absolute path of the job file that `name` means; without a name, the usual one in `cwd`. */
export function findJobFile(cwd: string, name: string | undefined): string {
  if (name !== undefined) return resolve(cwd, name);
  const found = usual.find((file) => existsSync(resolve(cwd, file)));
  if (found !== undefined) return resolve(cwd, found);
  throw new OrchError('usage', `Expected a job file: no SPEC was given, and ${cwd} has no ${usual.join(' and no ')}.`, {
    hint: 'Name one: orch run path/to/job.yaml',
  });
}

/** What stands for the file of a job that has none. */
export const definedFile = 'defined-job.json';

type LoadContext = Pick<
  CompileContext,
  'vars' | 'keptVars' | 'concurrency' | 'provider' | 'namedProvider' | 'whyRefused'
> & {
  readonly cwd: string;
  /** They stay out of the compiled job, and learn what it names before anybody is asked. */
  readonly secrets: Secrets;
  /** Told of each variable whose value stands in the job as it is. */
  readonly onExposed?: ((name: string) => void) | undefined;
  /** Instead of what stands in the file, which need not be there. */
  readonly defined?: Job | undefined;
  /** The job of a run: its copies stand for the file, and for others that compilation reads, where they are gone. */
  readonly kept?: CompiledJob | undefined;
  /** The project of the run that the job goes on with, which is its own where it names none: its folder is another. */
  readonly project?: string | undefined;
};

/** Reads and compiles a job file. All that is wrong with it comes as one error `spec` whose `details.problems` lists it. */
export async function loadJobFile(
  file: string,
  { cwd, secrets, defined, kept, project, onExposed, ...context }: LoadContext,
): Promise<CompiledJob> {
  const shown = relative(cwd, file).startsWith('..') ? file : relative(cwd, file);
  const written = await readJob(file, { shown, cwd, defined, kept });
  let planJson = '';
  const loaded = await loadJob(written.text, {
    ...context,
    onSecrets: (names) => void secrets.learn(names),
    providers: Object.keys(vendors),
    pipelines: pipelineNames,
    pipeline: async (name) => findPipeline(name),
    file: shown,
    jobDir: dirname(file),
    kinds: loadOwnKinds,
    packageEntry,
    importJob: (path) => importSubJob(path, cwd),
    ...copiesOfRun(kept),
    digest: (plan) => sha256((planJson = canonicalJson(plan))),
  });
  const wrong: readonly Problem[] = loaded.ok ? wrongChoices(loaded.value, shown) : loaded.error;
  if (loaded.ok && wrong.length === 0) {
    const job = { ...loaded.value, planJson, inputs: joined(loaded.value.inputs, written.inputs) };
    if (onExposed !== undefined) secretsInJob(job, secrets).forEach(onExposed);
    return hideJob(project === undefined || namesProject(written.text) ? job : inProject(job, project), secrets);
  }
  const isMade = (name: string): boolean => (name === shown ? written.isCode : isCode(name));
  const problems = wrong.map((problem) => (isMade(problem.file) ? placeless(problem) : problem));
  const error = badSpec(problems, {
    file: shown,
    name: basename(file) === definedFile ? 'the defined job' : basename(file),
  });
  throw hideError(error, secrets.hider);
}

type WrittenJob = {
  readonly text: string;
  /** Files that it was made from. */
  readonly inputs: readonly PlanInput[];
  /** The text is what code came to: nobody wrote its lines. */
  readonly isCode: boolean;
};

type Reading = Pick<LoadContext, 'cwd' | 'defined' | 'kept'> & { readonly shown: string };

async function readJob(file: string, { shown, cwd, defined, kept }: Reading): Promise<WrittenJob> {
  if (defined !== undefined) return { text: textOf(defined), inputs: [], isCode: true };
  if (kept !== undefined && !isFile(file)) return keptText(file, kept);
  if (!isCode(file)) return { text: readJobText(file, shown), inputs: [], isCode: false };
  const { job, inputs } = await importJob(file, { shown, cwd });
  return { text: textOf(job), inputs, isCode: true };
}

function keptText(file: string, { spec, inputs }: CompiledJob): WrittenJob {
  const isDefined = basename(file) === definedFile;
  const sources = isCode(file) ? inputs : [];
  return { text: spec.content, inputs: sources, isCode: isCode(file) || isDefined };
}

function namesProject(text: string): boolean {
  const parsed = parseJob(text, { file: '' });
  return parsed.ok && parsed.value.draft.project !== undefined;
}

/** By path, each once. */
function joined(read: readonly PlanInput[], made: readonly PlanInput[]): readonly PlanInput[] {
  if (made.length === 0) return read;
  const all = new Map([...made, ...read].map((input) => [input.path, input]));
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function readJobText(file: string, shown: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const came = code === 'ENOENT' ? 'there is none' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new OrchError('usage', `Expected a job file at ${shown}: ${came}.`, {
      hint: code === 'EISDIR' ? `Name the file in it: ${shown}/job.yaml` : 'Check the path: orch run path/to/job.yaml',
      cause: error,
    });
  }
}

type Problem = Omit<SpecError, 'line' | 'column'> & Partial<SpecError>;

/** What code came to has no lines that somebody wrote: its path in the job must do. */
function placeless({ line: _, column: __, ...rest }: Problem): Problem {
  return rest;
}

type JobName = { readonly file: string; readonly name: string };

/** Counts those of each file: a prompt, a pipeline or another job may be at fault. */
function badSpec(problems: readonly Problem[], { file, name }: JobName): OrchError {
  const counts = new Map<string, number>();
  for (const problem of problems) counts.set(problem.file, (counts.get(problem.file) ?? 0) + 1);
  const told = [...counts].map(([of, count]) => {
    return `${count === 1 ? 'one problem' : `${count} problems`} in ${of === file ? name : of}`;
  });
  return new OrchError('spec', `${told.join(', ')}, nothing was run.`, {
    details: { problems: problems.map((problem) => ({ ...problem })) },
  });
}
