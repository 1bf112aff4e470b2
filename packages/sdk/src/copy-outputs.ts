import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, Digest } from '@orch/contracts';
import { sha256 } from '@orch/cache';
import type { RunResult } from '@orch/engine';
import { openFiles, runPaths, writeAtomic } from '@orch/filestore';
import type { Files } from '@orch/filestore';

/** What copying did, or would do, to the files of a folder. */
export type OutputChanges = {
  /** Absolute. */
  readonly dir: string;
  readonly created: readonly string[];
  readonly replaced: readonly string[];
  readonly unchanged: readonly string[];
  /** There, with other content, and not written by orch. */
  readonly foreign: readonly string[];
};

type Copying = {
  readonly force?: boolean | undefined;
  readonly only?: string | undefined;
  readonly limit?: number | undefined;
};

/** Names the files that orch wrote into a folder, by path, with the digests that are its own. */
const recordName = '.orch-written.json';

/**
 * Copies `outputs/<project>` of a run that succeeded to the `output_dir` of its job; undefined when the job has none,
 * the run did not succeed, or only a part of it was to run (`only`, `limit`). All or nothing: throws `conflict`, whose
 * `details` are the `OutputChanges`, when it would replace a file that orch did not write, unless `force` is set. Also
 * throws `unsafe_path` and `io`.
 */
export function copyOutputs(
  job: Pick<CompiledJob, 'plan' | 'jobDir'>,
  ended: Pick<RunResult, 'dir' | 'status'>,
  { force = false, only, limit }: Copying = {},
): OutputChanges | undefined {
  const dir = outputDirOf(job);
  const isWhole = ended.status === 'succeeded' && only === undefined && limit === undefined;
  if (dir === undefined || !isWhole) return undefined;
  const from = openFiles(runPaths(dirname(resolve(ended.dir)), basename(ended.dir)).outputs(job.plan.project));
  const to = openFiles(dir);
  const digests = new Map(from.list().map((path) => [path, from.digest(path)]));
  const written = readRecord(dir);
  const changes = compare([...digests], { to, written });
  if (changes.foreign.length > 0 && !force) throw refused(changes);
  const copied = [...changes.created, ...changes.replaced, ...changes.foreign];
  const now = new Map([...digests].map(([path, digest]) => [path, digest === undefined ? [] : [digest]]));
  // Whoever dies in between has both the old and the new content on record.
  if (copied.length > 0) writeRecord(dir, joined(written, now));
  for (const path of copied) to.write(path, from.read(path) ?? '');
  writeRecord(dir, new Map([...written, ...now]));
  return { ...changes, replaced: [...changes.replaced, ...changes.foreign].toSorted(), foreign: [] };
}

/** What copying would do to files whose names are known before they are written; their content is not. */
export function foreseeOutputs(
  job: Pick<CompiledJob, 'plan' | 'jobDir'>,
  paths: readonly string[],
): OutputChanges | undefined {
  const dir = outputDirOf(job);
  if (dir === undefined) return undefined;
  const files = paths.map((path): [string, undefined] => [path, undefined]);
  return compare(files, { to: openFiles(dir), written: readRecord(dir) });
}

function outputDirOf({ plan, jobDir }: Pick<CompiledJob, 'plan' | 'jobDir'>): string | undefined {
  return plan.output_dir === undefined ? undefined : resolve(jobDir, plan.output_dir);
}

type Written = ReadonlyMap<string, readonly Digest[]>;

type Target = { readonly to: Files; readonly written: Written };

function compare(files: readonly (readonly [string, Digest | undefined])[], { to, written }: Target): OutputChanges {
  const is = Map.groupBy(files, ([path, digest]) => {
    const there = path === recordName ? 'the record' : to.digest(path);
    if (there === undefined) return 'created';
    if (there === digest) return 'unchanged';
    return written.get(path)?.includes(there) === true ? 'replaced' : 'foreign';
  });
  const named = (what: 'created' | 'unchanged' | 'replaced' | 'foreign') => (is.get(what) ?? []).map(([path]) => path);
  return {
    ...{ dir: to.root, created: named('created'), replaced: named('replaced') },
    ...{ unchanged: named('unchanged'), foreign: named('foreign') },
  };
}

const most = 10;

function refused(changes: OutputChanges): OrchError {
  const { dir, foreign } = changes;
  const more = foreign.length > most ? `, and ${foreign.length - most} more` : '';
  return new OrchError(
    'conflict',
    `Expected to copy the outputs to ${dir}, where files stand that orch did not write: ${foreign.slice(0, most).join(', ')}${more}. Nothing was copied.`,
    { hint: 'Move them away, or replace them with --force.', details: { ...changes } },
  );
}

function readRecord(dir: string): Written {
  const path = join(dir, recordName);
  if (!existsSync(path)) return new Map();
  try {
    const { files = {} } = JSON.parse(readFileSync(path, 'utf8')) as { files?: Readonly<Record<string, Digest[]>> };
    return new Map(Object.entries(files));
  } catch (error) {
    // Without a record that can be read, nothing there is known to be orch's.
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}

function writeRecord(dir: string, written: Written): void {
  const files = Object.fromEntries([...written].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const text = `${JSON.stringify({ version: 1, files }, undefined, 2)}\n`;
  const path = join(dir, recordName);
  if (existsSync(path) && sha256(readFileSync(path)) === sha256(text)) return;
  writeAtomic(path, text);
}

function joined(before: Written, now: Written): Written {
  const both = [...now].map(([path, digests]): [string, readonly Digest[]] => [
    path,
    [...new Set([...(before.get(path) ?? []), ...digests])],
  ]);
  return new Map([...before, ...both]);
}
