import { basename, dirname, posix } from 'node:path';
import type { Plan, PlanInput } from '@orch/contracts';
import type { Draft, DraftStep } from '../fields/draft.ts';
import { secretsIn } from '../fields/environment.ts';
import type { JobSpec } from '../parse-job.ts';
import { readSpec } from '../parse-job.ts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import { inside } from '../source/written.ts';
import { checkProviders } from './check-providers.ts';
import { checkReads } from './check-reads.ts';
import { checkStepTemplate } from './check-templates.ts';
import type { Mention } from './check-templates.ts';
import type { CompileContext } from './context.ts';
import { beside, fillFiles, namedFile, noteMissing, pathInJob } from './fill-files.ts';
import type { Files, FilledStep } from './fill-files.ts';
import type { Inputs } from './inputs.ts';
import { normalPath } from './inputs.ts';
import { loadPipeline } from './load-pipeline.ts';
import type { WholeDraft } from './load-pipeline.ts';
import { checkKinds, digestKinds } from './own-kinds.ts';
import type { OwnKinds } from './own-kinds.ts';
import { placeOf } from './place.ts';
import { resolveNeeds } from './resolve-needs.ts';
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
export type SubJobOf = { readonly job: CheckedJob; readonly spec: PlanInput; readonly folder: string };

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
  const kinds = await digestKinds(draft, { inputs, readFile: context.readFile, problems });
  const ownKinds = await loadKinds(draft, context);
  checkKinds(draft, ownKinds, problems);
  const files = { inputs, folders };
  const filled = await Promise.all(draft.steps.map((step) => fillFiles(step, files, problems)));
  const jobs = await loadJobs(draft, { ...around, files });
  const own = draft.steps.map(({ id, written }) => [id, { fansOut: written.has('each') }] as const);
  const known = new Map([...existing, ...own]);
  const { mentions, vars } = checkTemplates(filled, { draft, around, known });
  const order = resolveNeeds(draft.steps, mentions, { known, problems });
  checkReads(new Map(draft.steps.map((step) => [step.id, step])), order, { ...context, ...around });
  checkProviders(draft, context.providers, problems);
  const steps = new Map(filled.map((each) => [each.step.id, each]));
  return { draft, steps, order, jobs, kinds, ownKinds, vars, inputs, jobDir: around.jobDir };
}

async function loadKinds({ kinds }: Draft, { kinds: own }: Around['context']): Promise<OwnKinds | undefined> {
  return typeof own === 'function' ? own(kinds) : own;
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
  const input = await inputs.take(path);
  if (!input.ok) return noteMissing(named, input.error);
  const { content, sha256 } = input.value;
  const { file } = beside(named.place, named.file, content);
  const link = { path: inputs.absolute(path), file };
  const first = chain.findIndex((other) => other.path === link.path);
  if (first !== -1) {
    const round = [...chain.slice(first), link].map((each) => each.file).join(' → ');
    const message = `${named.place.path}: runs itself: ${round}`;
    return named.place.problems.add(named.offset, { code: 'cycle', message });
  }
  const { spec, problems: own } = readSpec(content, file, problems);
  const given = new Set(Object.keys((step.fields['vars'] ?? {}) as object));
  const folder = posix.dirname(path);
  const surroundings = { context: around.context, problems: own, given, chain: [...chain, link] };
  const job = await checkJob(spec, { ...surroundings, inputs: inputs.below(folder), jobDir: dirname(link.path) });
  checkVars(step, job, problems);
  return { job, spec: { path: basename(path), sha256, content }, folder };
}

/** Notes values for variables that the job of a step does not have. */
function checkVars(step: DraftStep, { vars }: CheckedJob, problems: Problems): void {
  const entry = step.written.get('vars');
  if (entry?.value.type !== 'map') return;
  const place = placeOf(step, entry, problems);
  for (const { key, keySpan } of entry.value.entries.filter(({ key }) => !vars.has(key))) {
    const message = `${inside(place.path, key)}: that job has no such variable${suggest(key, vars)}`;
    place.problems.add(keySpan[0], { code: 'unknown_key', message });
  }
}

type Job = { readonly draft: Draft; readonly around: Around; readonly known: KnownSteps };

function checkTemplates(filled: readonly FilledStep[], { draft, around, known }: Job) {
  const { given, problems } = around;
  const { pipeline } = draft;
  const names = {
    steps: new Set(known.keys()),
    vars: new Set([...Object.keys(draft.vars), ...given]),
    hasTask: draft.task !== undefined || pipeline !== undefined,
  };
  const found = filled.map(({ step, templates }) => {
    return { step, mentions: templates.map((template) => checkStepTemplate(template, names, problems)) };
  });
  const all = found.flatMap(({ mentions }) => mentions);
  if (pipeline !== undefined && draft.task === undefined && all.some(({ readsTask }) => readsTask)) {
    const message = `task_description: expected, since the pipeline ${JSON.stringify(pipeline.use)} reads {{ task }}`;
    problems.in(draft.source).add(0, { code: 'missing', message });
  }
  const mentions = new Map<DraftStep, readonly Mention[]>(
    found.map(({ step, mentions }) => [step, mentions.flatMap(({ steps }) => steps)]),
  );
  const read = all.flatMap(({ vars }) => vars.map(({ name }) => name));
  return { mentions, vars: new Set([...Object.keys(draft.vars), ...read]) };
}

/** Environment variables whose values a job and those it runs must hide. */
export function secretsOf({ draft, jobs }: CheckedJob): string[] {
  const named = draft.steps.flatMap((step) => {
    const env = step.written.get('env');
    return env === undefined ? [] : secretsIn(env.value).map(({ name }) => name);
  });
  const inner = [...jobs.values()].flatMap(({ job }) => secretsOf(job));
  return [...new Set([...draft.secrets, ...named, ...inner])].sort();
}
