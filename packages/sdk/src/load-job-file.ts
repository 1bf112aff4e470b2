import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CompiledJob } from '@orch/contracts';
import { loadJob } from '@orch/spec';
import type { CompileContext, SpecError } from '@orch/spec';
import { vendors } from './vendors.ts';

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

/** Reads and compiles a job file. All that is wrong with it comes as one error `spec` whose `details.problems` lists it. */
export async function loadJobFile(
  file: string,
  { cwd, ...context }: Pick<CompileContext, 'vars' | 'concurrency' | 'provider'> & { readonly cwd: string },
): Promise<CompiledJob> {
  const shown = relative(cwd, file).startsWith('..') ? file : relative(cwd, file);
  let planJson = '';
  const loaded = await loadJob(readJobText(file, shown), {
    ...context,
    providers: Object.keys(vendors),
    file: shown,
    jobDir: dirname(file),
    readFile: (path) => readFile(path, 'utf8'),
    digest: (plan) => sha256((planJson = canonicalJson(plan))),
  });
  if (loaded.ok) return { ...loaded.value, planJson };
  throw badSpec(loaded.error, shown);
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

function badSpec(problems: readonly SpecError[], shown: string): OrchError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new OrchError('spec', `${count} in ${basename(shown)}, nothing was run.`, {
    details: { problems: problems.map((problem) => ({ ...problem })) },
  });
}
