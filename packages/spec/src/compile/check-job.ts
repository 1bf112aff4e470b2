import { basename, dirname, posix } from 'node:path';
import type { Plan, PlanInput } from '@orch/contracts';
import type { Draft, DraftStep } from '../fields/draft.ts';
import { hasTags } from '../fields/words.ts';
import type { JobSpec } from '../parse-job.ts';
import { readSpec } from '../parse-job.ts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import { inside, toJson } from '../source/written.ts';
import { checkProviders } from './check-providers.ts';
import { checkReads } from './check-reads.ts';
import { checkTemplates } from './check-templates.ts';
import type { CompileContext } from './context.ts';
import { fitVar } from './fit-var.ts';
import { fillFiles, namedFile, noteMissing, pathInJob } from './fill-files.ts';
import type { Files, FilledStep, NamedFile } from './fill-files.ts';
import type { Inputs } from './inputs.ts';
import { normalPath, sha256 } from './inputs.ts';
import { loadPipeline } from './load-pipeline.ts';
import type { WholeDraft } from './load-pipeline.ts';
import { checkKinds, digestKinds, loadOwnKinds } from './own-kinds.ts';
import type { OwnKinds } from './own-kinds.ts';
import { placeOf } from './place.ts';
import { resolveNeeds } from './resolve-needs.ts';
import { checkTools } from './step-tools.ts';
import type { KnownSteps, Order } from './resolve-needs.ts';

/** A job whose files were read and whose parts were held against each other. Right, if no problem was noted. */
export type CheckedJob = {
  readonly draft: Draft;
  readonly steps: ReadonlyMap<string, FilledStep>;
  readonly order: Order;
  /** The jobs that its steps run, by step. */
  readonly jobs: ReadonlyMap<string, SubJobOf>;
  readonly kinds: NonNullable<Plan['kinds']>;
  readonly ownKinds: OwnKinds | undefined;
  /** Variables that it declares or reads. */
  readonly vars: ReadonlySet<string>;
  readonly inputs: Inputs;
  /** Absolute. */
  readonly jobDir: string;
};

/** A job that a step runs; its folder is relative to that of the job the step belongs to. */
type SubJobOf = { readonly job: CheckedJob; readonly spec: PlanInput; readonly folder: string };

/** What a job is compiled in. */
export type Around = {
  readonly context: Omit<CompileContext, 'digest' | 'jobDir'>;
  readonly problems: Problems;
  readonly inputs: Inputs;
  /** Absolute folder of the job. */
  readonly jobDir: string;
  /** Names of the variables it is given. */
  readonly given: ReadonlySet<string>;
  /** Absolute paths of the job files that led here, and what they are called, this one last. */
  readonly chain: readonly { readonly path: string; readonly file: string }[];
};

/** Reads the files of a job and those of its pipeline, and notes everything that is wrong with it. */
export async function checkJob(spec: JobSpec, around: Around): Promise<CheckedJob> {
  return checkDraft(await loadPipeline(spec.draft, around), around);
}

/** The same for a job that has its steps. `existing`: steps of an earlier plan, which they may name. */
export async function checkDraft(
  { draft, folders }: WholeDraft,
  around: Around,
  existing: KnownSteps = new Map(),
): Promise<CheckedJob> {
  const { context, problems, inputs } = around;
  const kinds = await digestKinds(draft, { ...context, inputs, problems });
  const ownKinds = await loadOwnKinds(draft, kinds, around);
  checkKinds(draft, ownKinds, problems);
  const files = { inputs, folders };
  const filled = await Promise.all(draft.steps.map((step) => fillFiles(step, files, problems)));
  const jobs = await loadJobs(draft, { ...around, files });
  const own = draft.steps.map(({ id, written }) => [id, { fansOut: written.has('each') }] as const);
  const known = new Map([...existing, ...own]);
  const { mentions, vars } = checkTemplates(filled, { draft, known, ...around });
  const order = resolveNeeds(draft.steps, mentions, { known, problems });
  checkReads(new Map(draft.steps.map((step) => [step.id, step])), order, { ...context, ...around });
  checkProviders(draft, context.providers, problems);
  checkTools(draft, problems);
  const steps = new Map(filled.map((each) => [each.step.id, each]));
  return { draft, steps, order, jobs, kinds, ownKinds, vars, inputs, jobDir: around.jobDir };
}

async function loadJobs(draft: Draft, around: Around & { readonly files: Files }): Promise<CheckedJob['jobs']> {
  const jobs = new Map<string, SubJobOf>();
  for (const step of draft.steps.filter(({ kind }) => kind === 'job')) {
    const job = await loadJob(step, around);
    if (job !== undefined) jobs.set(step.id, job);
  }
  return jobs;
}

/** The job that a step runs: all of it is checked, and what is wrong with it stands at its own place. */
async function loadJob(step: DraftStep, around: Around & { readonly files: Files }): Promise<SubJobOf | undefined> {
  const { inputs, problems, chain } = around;
  const named = namedFile('spec', { step, problems });
  if (named === undefined) return undefined;
  const path = normalPath(pathInJob(named.file, named.place, around.files));
  const file = posix.join(posix.dirname(named.place.source.file), named.file);
  const link = { path: inputs.absolute(path), file };
  const first = chain.findIndex((other) => other.path === link.path);
  if (first !== -1) {
    const round = [...chain.slice(first), link].map((each) => each.file).join(' → ');
    const message = `${named.place.path}: runs itself: ${round}`;
    return named.place.problems.add(named.offset, { code: 'cycle', message });
  }
  const written = await readJobFile(named, path, around);
  if (written === undefined) return undefined;
  const { text, made } = written;
  const { spec, problems: own } = readSpec(text, file, problems);
  const given = new Set(Object.keys((step.fields['vars'] ?? {}) as object));
  const folder = posix.dirname(path);
  const below = inputs.below(folder);
  for (const input of made) below.keep(input.path, input.content);
  const surroundings = { context: around.context, problems: own, given, chain: [...chain, link] };
  const job = await checkJob(spec, { ...surroundings, inputs: below, jobDir: dirname(link.path) });
  checkVars(step, job, problems);
  return { job, spec: { path: basename(path), sha256: sha256(text), content: text }, folder };
}

type WrittenJob = { readonly text: string; readonly made: readonly PlanInput[] };

async function readJobFile(
  named: NamedFile,
  path: string,
  { inputs, context: { importJob } }: Around,
): Promise<WrittenJob | undefined> {
  if (!isCode(path)) {
    const input = await inputs.take(path);
    return input.ok ? { text: input.value.content, made: [] } : noteMissing(named, input.error);
  }
  const { place, offset } = named;
  const note = (why: string): undefined =>
    place.problems.add(offset, { code: 'bad_value', message: `${place.path}: ${why}` });
  if (importJob === undefined) return note(`expected a job in YAML or JSON, got ${JSON.stringify(path)}`);
  const imported = await importJob(inputs.absolute(path));
  return imported.ok ? { text: imported.value.text, made: imported.value.inputs } : note(imported.error);
}

const isCode = (path: string): boolean => /\.[cm]?[jt]s$/.test(path);

/** Notes values for variables that the job of a step does not have, or that are of another type. */
function checkVars(step: DraftStep, { vars, draft }: CheckedJob, problems: Problems): void {
  const entry = step.written.get('vars');
  if (entry?.value.type !== 'map') return;
  const place = placeOf(step, entry, problems);
  for (const { key, keySpan } of entry.value.entries.filter(({ key }) => !vars.has(key))) {
    const message = `${inside(place.path, key)}: that job has no such variable${suggest(key, vars)}`;
    place.problems.add(keySpan[0], { code: 'unknown_key', message });
  }
  for (const { key, value } of entry.value.entries) {
    const given = toJson(value);
    if (value.type === 'unreadable' || (typeof given === 'string' && hasTags(given))) continue;
    const fitted = fitVar(given, Object.hasOwn(draft.vars, key) ? draft.vars[key] : undefined);
    if (fitted.ok) continue;
    const message = `${inside(place.path, key)}: ${fitted.error}`;
    place.problems.add(value.span[0], { code: 'wrong_type', message });
  }
}
