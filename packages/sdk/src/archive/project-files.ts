import { readFileSync, statSync } from 'node:fs';
import { posix, relative, resolve, sep } from 'node:path';
import { sha256 } from '@orch/cache';
import { OrchError, err, ok } from '@orch/contracts';
import type { Digest, Hider, Plan, Result, SubJob } from '@orch/contracts';
import { filesRead, readJob } from '@orch/engine';
import { resolveInside } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { filesNamed } from '../prepare/reads-of-job.ts';
import type { LeftOut } from './carried-entries.ts';
import { NameClaims } from './name-claims.ts';
import { holdsSecret } from './refuse-secrets.ts';

export type ProjectFiles = {
  /** Where the content of each stands, by its path in the folder of the run, where a run from elsewhere has them. */
  readonly sources: ReadonlyMap<string, string>;
  /** By their paths from the folder of the job. */
  readonly leftOut: readonly LeftOut[];
};

type Around = {
  readonly hider: Hider;
  /** What orch itself wrote, by absolute path. */
  readonly isOwn: (path: string) => boolean;
};

/**
 * The files of the project that the steps of a run, and of those that they began, read: as they are now, so that it goes
 * on elsewhere as it would here. Of a run that came from elsewhere none: there they are part of it. Left out is what
 * holds a secret, what stands above the folders of the job's own files, and what cannot stand in an archive.
 */
export async function projectFiles(family: readonly RunPaths[], { hider, isOwn }: Around): Promise<ProjectFiles> {
  const [root] = family;
  const sources = new Map<string, string>();
  const leftOut: LeftOut[] = [];
  const { jobDir, above } = await filesRead(root!.dir);
  if (jobDir.startsWith(root!.dir + sep)) return { sources, leftOut };
  const compiled = await compiledFiles(root!);
  const names = new NameClaims();
  for (const file of await readByAll(family)) {
    if (isOwn(file) || !isAsCompiled(file, compiled.get(file))) continue;
    const path = relative(jobDir, file).replaceAll(sep, '/');
    const place = placeOf(path, { jobDir, above });
    const reason = place.ok ? (whyNot(file, hider) ?? names.claim(place.value, 'file')) : place.error;
    if (reason !== undefined) leftOut.push({ path: hider.text(path), reason: hider.text(reason) });
    else if (place.ok) sources.set(place.value, file);
  }
  return { sources, leftOut };
}

async function compiledFiles({ dir }: RunPaths): Promise<ReadonlyMap<string, Digest>> {
  const { inputs, jobDir } = await readJob(dir);
  return new Map(inputs.map(({ path, sha256: digest }) => [resolve(jobDir, path), digest]));
}

/** Of a file that compilation read too, the run has the content that it was compiled from. */
function isAsCompiled(file: string, digest: Digest | undefined): boolean {
  return digest === undefined || sha256(readFileSync(file)) === digest;
}

/** Absolute paths, sorted. */
async function readByAll(family: readonly RunPaths[]): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const { dir } of family) {
    const { jobDir, paths } = await filesRead(dir);
    for (const path of paths) files.add(resolve(jobDir, path));
    const { plan } = await readJob(dir);
    for (const path of await readBySubJobs(plan, jobDir)) files.add(path);
  }
  return [...files].sort();
}

/** As far as that is known before they begin. */
async function readBySubJobs({ steps }: Plan, jobDir: string): Promise<string[]> {
  const files: string[] = [];
  for (const { kind, fields } of steps) {
    const job = kind === 'job' ? (fields['job'] as unknown as SubJob | undefined) : undefined;
    if (job === undefined) continue;
    const folder = resolve(jobDir, job.jobDir);
    for (const path of await filesNamed(job.plan, folder)) files.push(resolve(folder, path));
    files.push(...(await readBySubJobs(job.plan, folder)));
  }
  return files;
}

type Home = { readonly jobDir: string; readonly above: number };

/** As the engine lays out what compilation read; or why it cannot. */
function placeOf(path: string, { jobDir, above }: Home): Result<string, string> {
  const [, up = '', below = ''] = /^((?:\.\.\/)*)(.*)$/s.exec(path) ?? [];
  const climbed = up.length / 3;
  if (climbed > above) return err('it stands above the folders that the files of the job are in');
  const inside = resolveInside(resolve(jobDir, up), below);
  if (!inside.ok) return err(inside.error.message);
  return ok(posix.join('inputs/files', ...Array.from({ length: above - climbed }, () => 'job'), below));
}

function whyNot(file: string, hider: Hider): string | undefined {
  try {
    if (!statSync(file).isFile()) return 'it is no file';
    return hider.text(file) !== file || holdsSecret(file, hider) ? 'it holds a secret' : undefined;
  } catch (error) {
    return OrchError.from(error, 'io').message;
  }
}
