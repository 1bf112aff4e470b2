import { existsSync, statSync } from 'node:fs';
import { isAbsolute, posix, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { CompiledJob } from '@orch/contracts';
import { readsAtStart } from '@orch/spec';
import type { ReadAtStart } from '@orch/spec';
import { glob } from 'tinyglobby';

type Reading = Pick<CompiledJob, 'plan' | 'jobDir' | 'inputs'>;

/** How many of the missing files an error names. */
const most = 10;

/**
 * Throws `not_found` when a file that a step reads or attaches by name is not there and no step before it can make it.
 * For a plan that was compiled elsewhere or earlier; compilation itself looks, and says where the name stands.
 */
export function requireReads({ plan, jobDir, inputs }: Reading): void {
  const laidOut = new Set(inputs.map(({ path }) => resolve(jobDir, path)));
  const isThere = (path: string): boolean => laidOut.has(path) || isFile(path);
  const named = [...readsAtStart(plan.steps), ...plan.steps.flatMap(attachedAtStart)];
  const missing = named.filter(({ path, isGlob }) => !isGlob && !isThere(resolve(jobDir, path)));
  if (missing.length > 0) throw missingReads(missing, jobDir);
}

/**
 * For each glob under `reads`, `each.files` or `attachments` that finds nothing and behind which no step can make
 * anything, and for each that leads out of the folder of the job, a line that says so.
 */
export async function notesOnReads({ plan, jobDir }: Pick<Reading, 'plan' | 'jobDir'>): Promise<string[]> {
  const reads = readsAtStart(plan.steps).filter(({ isGlob }) => isGlob);
  const globs = [...reads.map(({ step, path }) => ({ field: `${step}.reads`, path })), ...plan.steps.flatMap(globsOf)];
  const idle = new Set<string>();
  for (const path of new Set(globs.map(({ path }) => path))) {
    if ((await findReads([path], jobDir)).length === 0) idle.add(path);
  }
  const nothing = globs.filter(({ path }) => idle.has(path));
  return [
    ...nothing.map(({ field, path }) => `warning: steps.${field}: no file fits ${path} in ${jobDir}`),
    ...plan.steps.flatMap(outsideOf).map(({ field, path }) => {
      return `warning: steps.${field}: ${path} is outside the folder of the job, ${jobDir}`;
    }),
  ];
}

/** What a step reads beside the folder of the job, as far as that is known before it runs. */
function outsideOf({ id, reads, each }: CompiledJob['plan']['steps'][number]): Glob[] {
  const files = each !== undefined && 'files' in each && !hasTags(each.files) ? [each.files] : [];
  const all = [
    ...reads.map((path) => ({ field: `${id}.reads`, path })),
    ...files.map((path) => ({ field: `${id}.each.files`, path })),
  ];
  return all.filter(({ path }) => isAbsolute(path) || posix.normalize(path).split('/')[0] === '..');
}

const hasTags = (text: string): boolean => /\{[{%]/.test(text);

type Glob = { readonly field: string; readonly path: string };

/** Of a step that nothing comes before. */
function globsOf(step: CompiledJob['plan']['steps'][number]): Glob[] {
  if (step.needs.length > 0) return [];
  return namedBy(step).filter(({ field, path }) => field.endsWith('.each.files') || isGlob(path));
}

function attachedAtStart(step: CompiledJob['plan']['steps'][number]): ReadAtStart[] {
  if (step.needs.length > 0) return [];
  const attached = namedBy(step).filter(({ field }) => field.endsWith('.attachments'));
  return attached.map(({ path }) => ({ step: step.id, path, isGlob: isGlob(path) }));
}

const isGlob = (path: string): boolean => /[*?[\]{}()]/.test(path);

/** What a step fans out over and attaches; a path with a template in it is known when it runs. */
function namedBy({ id, each, fields, template }: CompiledJob['plan']['steps'][number]): Glob[] {
  const attached = (fields['attachments'] ?? []) as readonly string[];
  const named = [
    ...(each !== undefined && 'files' in each ? [{ field: `${id}.each.files`, path: each.files }] : []),
    ...attached.map((path) => ({ field: `${id}.attachments`, path })),
  ];
  return named.filter(({ path }) => template === false || !hasTags(path));
}

/** The files that the steps of a plan name, as far as that is known before it runs, sorted. */
export async function filesNamed({ steps }: Pick<Reading['plan'], 'steps'>, jobDir: string): Promise<string[]> {
  const named = steps.flatMap((step) => [...step.reads, ...namedBy(step).map(({ path }) => path)]);
  return findReads([...new Set(named)], jobDir);
}

export function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** The files that count for the inputs of a step, sorted. */
export async function findReads(patterns: readonly string[], cwd: string): Promise<string[]> {
  if (patterns.length === 0) return [];
  const ignore = ['**/node_modules/**', '**/.git/**'];
  return (await glob([...patterns], { cwd, dot: true, expandDirectories: false, ignore })).toSorted();
}

function missingReads(missing: readonly ReadAtStart[], jobDir: string): OrchError {
  const named = missing.slice(0, most).map(({ step, path }) => `${path} (step ${step})`);
  const more = missing.length > most ? [`and ${missing.length - most} more`] : [];
  const what = [...named, ...more].join(', ');
  return new OrchError('not_found', `Expected files that steps read in ${jobDir}, found none of: ${what}.`, {
    hint: 'Put them there. With --spec FILE, the folder of FILE counts instead.',
    details: { folder: jobDir, missing: missing.map(({ step, path }) => ({ step, path })) },
  });
}
