import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { toFileBlock } from '@orch/answers';
import { OrchError, err, ok } from '@orch/contracts';
import type { FileRef, Image, Json, NeedResult, Result, StepHost, StepScope } from '@orch/contracts';
import { resolveInside } from '@orch/filestore';
import { findFiles } from '../fan-out/find-files.ts';

/** Bytes: of one file, of one image, and of all text that a question carries. */
const mostOfFile = 256 * 1024;
const mostOfImage = 5 * 1024 * 1024;
const mostOfAll = 1024 * 1024;

type Folders = Pick<StepHost['dirs'], 'job' | 'run' | 'outputs'>;

/** Where a path or glob is looked for, relative to the folder. */
type Place = { readonly folder: 'job' | 'outputs'; readonly pattern: string };

type Found = { readonly id: string; readonly name: string; readonly size: number; readonly read: () => Uint8Array };

/** Images apart from everything else, which is told as text. */
export type Attached = { readonly text: string; readonly images: readonly Image[] };

/**
 * The attached files as fenced blocks with their names: files below the folder of the job, or, when they are named
 * below `{{ run.outputs }}`, those that the needs of the step wrote; images (PNG, JPEG, GIF, WebP) as they are. Refused before anybody is
 * asked: what leaves these folders (`unsafe_path`), is not there (`not_found`), is neither image nor UTF-8 text, or too
 * large (`spec`).
 */
export async function readAttachments(patterns: readonly string[], host: StepHost): Promise<Result<Attached>> {
  const files = new Map<string, Found>();
  for (const pattern of patterns) {
    const found = await find(pattern, host);
    if (!found.ok) return found;
    for (const file of found.value) files.set(file.id, file);
  }
  return attach([...files.values()]);
}

/** Paths below the folder of the job, of attached files that are not too large to be given. */
export async function attachedPaths(patterns: readonly string[], folders: Folders): Promise<string[]> {
  const places = patterns.map((pattern) => placeOf(pattern, folders));
  const inJob = places.flatMap((place) => (place.ok && place.value.folder === 'job' ? [place.value.pattern] : []));
  const paths = await Promise.all(inJob.map((pattern) => pathsIn(folders.job, pattern, folders)));
  return [...new Set(paths.flat())].filter((path) => sizeOf(resolve(folders.job, path)) <= mostOfImage);
}

async function find(pattern: string, host: StepHost): Promise<Result<Found[]>> {
  const place = placeOf(pattern, host.dirs);
  if (!place.ok) return place;
  const paths = await pathsIn(host.dirs[place.value.folder], place.value.pattern, host.dirs);
  const found = place.value.folder === 'job' ? filesOfJob(paths, host.dirs.job) : ok(filesOfNeeds(paths, host));
  return found.ok && found.value.length === 0 ? err(absent(pattern, place.value)) : found;
}

function placeOf(pattern: string, { job, outputs }: Folders): Result<Place> {
  const inOutputs = below(outputs, pattern);
  if (inOutputs !== undefined) return ok({ folder: 'outputs', pattern: inOutputs });
  const inJob = isAbsolute(pattern) ? below(job, pattern) : pattern.replace(/^(?:\.\/)+/, '');
  if (inJob !== undefined && !inJob.split('/').includes('..')) return ok({ folder: 'job', pattern: inJob });
  const message = `attachments: expected files below the folder of the job or {{ run.outputs }}, got ${pattern}`;
  return err(new OrchError('unsafe_path', message));
}

function below(folder: string, path: string): string | undefined {
  const start = folder.endsWith(sep) ? folder : `${folder}${sep}`;
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

/** A path as it stands, also when a glob would read it otherwise. What runs left in the folder of the job is none of its files. */
async function pathsIn(folder: string, pattern: string, { job, run }: Folders): Promise<string[]> {
  if (sizeOf(resolve(folder, pattern)) >= 0) return [pattern];
  const found = await findFiles([pattern], folder);
  return folder === job ? found.filter((path) => below(dirname(run), resolve(job, path)) === undefined) : found;
}

function filesOfJob(paths: readonly string[], job: string): Result<Found[]> {
  const found: Found[] = [];
  for (const name of paths) {
    const path = resolveInside(job, name);
    if (!path.ok) return path;
    found.push({ id: `job/${name}`, name, size: sizeOf(path.value), read: () => readFileSync(path.value) });
  }
  return ok(found);
}

function filesOfNeeds(paths: readonly string[], { scope, blobs }: StepHost): Found[] {
  const written = new Map(writtenByNeeds(scope).map((file) => [file.path, file]));
  return paths.flatMap((name) => {
    const file = written.get(name);
    return file === undefined
      ? []
      : [{ id: `outputs/${name}`, name, size: file.size_bytes, read: () => readBlob(file, blobs) }];
  });
}

/** Also by the one item of a need that an item takes. */
function writtenByNeeds({ steps, item }: StepScope): readonly FileRef[] {
  const files = Object.values(steps).flatMap((need) => need.files);
  return isNeed(item) ? [...files, ...item.files] : files;
}

function isNeed(item: unknown): item is NeedResult {
  return typeof item === 'object' && item !== null && Array.isArray((item as { files?: Json }).files);
}

function readBlob({ path, sha256 }: FileRef, blobs: StepHost['blobs']): Uint8Array {
  const bytes = blobs.get(sha256);
  if (bytes !== undefined) return bytes;
  throw new OrchError('corrupt_log', `Expected the content of ${path} among the artifacts, ${sha256} is gone.`);
}

/** -1 when there is no file. */
function sizeOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.size : -1;
}

function attach(files: readonly Found[]): Result<Attached> {
  const blocks: string[] = [];
  const images: Image[] = [];
  let total = 0;
  for (const file of files) {
    const read = readAttached(file);
    if (!read.ok) return read;
    if (typeof read.value !== 'string') {
      images.push(read.value);
      continue;
    }
    total += file.size;
    if (total > mostOfAll) {
      return err(refused(file, `at most ${kilobytes(mostOfAll)} in all, got ${kilobytes(total)} up to this one`));
    }
    blocks.push(toFileBlock({ path: file.name, content: read.value }));
  }
  return ok({ text: blocks.join('\n'), images });
}

function readAttached(file: Found): Result<string | Image> {
  if (file.size > mostOfImage) return err(refused(file, `at most ${kilobytes(mostOfFile)} of one file`));
  const bytes = file.read();
  const mediaType = imageType(bytes);
  if (mediaType !== undefined) return ok({ mediaType, data: Buffer.from(bytes).toString('base64') });
  if (file.size > mostOfFile) return err(refused(file, `at most ${kilobytes(mostOfFile)} of one file`));
  const content = textOf(bytes);
  return content === undefined ? err(refused(file, 'an image or text in UTF-8, got another binary file')) : ok(content);
}

/** By the first bytes of the file (https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern), whatever its name says. */
function imageType(bytes: Uint8Array): Image['mediaType'] | undefined {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (start.startsWith('\x89PNG\r\n\x1A\n')) return 'image/png';
  if (start.startsWith('\xFF\xD8\xFF')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(start)) return 'image/gif';
  return /^RIFF[^]{4}WEBP/.test(start) ? 'image/webp' : undefined;
}

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function absent(pattern: string, { folder }: Place): OrchError {
  const where = folder === 'job' ? 'the folder of the job' : 'the files that the needs of the step wrote';
  return new OrchError('not_found', `attachments: expected ${pattern} in ${where}, there is no such file.`);
}

function refused({ name, size }: Found, expected: string): OrchError {
  return new OrchError('spec', `attachments: ${name} (${kilobytes(size)}): expected ${expected}.`, {
    hint: 'Attach less, or only the parts that matter.',
  });
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} kB`;
}
