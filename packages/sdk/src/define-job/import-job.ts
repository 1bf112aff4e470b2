import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { basename, dirname, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { PlanInput } from '@orch/contracts';
import { digestModule } from '@orch/spec';
import { isJob } from './job.ts';
import type { Job } from './job.ts';
import { thrownAt } from './thrown-at.ts';

/** Whether a job file is code that defines the job, by its name. */
export const isCode = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);

/** What the file is called, and the folder that names of files in messages count from. */
type Names = { readonly shown: string; readonly cwd: string };

export type ImportedJob = {
  readonly job: Job;
  /** The file and all that it imports by a relative path, by path from its folder. */
  readonly inputs: readonly PlanInput[];
};

/**
 * Loads the job that a module exports as default. A module that was loaded before is loaded anew when it has changed,
 * but not what it imports. Throws `spec`; `usage` when there is no such file.
 */
export async function importJob(file: string, { shown, cwd }: Names): Promise<ImportedJob> {
  const read = new Map<string, string>();
  const digest = await digestModule(basename(file), {
    jobDir: dirname(file),
    async readFile(path) {
      const content = await readFile(path, 'utf8');
      read.set(path, content);
      return content;
    },
  });
  if (!digest.ok) throw unreadable(digest.error, shown);
  const url = pathToFileURL(file);
  url.searchParams.set('sha256', digest.value);
  const exported = await load(url, read).catch((error: unknown) => {
    throw broken(error, thrownAt(error, new Set(read.keys()), cwd) ?? shown);
  });
  if (!isJob(exported)) throw noJob(exported, shown);
  return { job: exported, inputs: [...read].map(([path, content]) => inputOf(path, content, dirname(file))) };
}

async function load(url: URL, files: ReadonlyMap<string, string>): Promise<unknown> {
  const hooks = registerHooks({ resolve: (...asked) => asModule(resolveSelf(...asked), files) });
  try {
    return ((await import(url.href)) as { readonly default?: unknown }).default;
  } finally {
    hooks.deregister();
  }
}

type Resolve = NonNullable<Parameters<typeof registerHooks>[0]['resolve']>;

const self = '@orch/sdk';

/** A job file finds this package also where it is not installed beside it, as in `npx @orch/cli run job.ts`. */
const resolveSelf: Resolve = (specifier, context, next) => {
  try {
    return next(specifier, context);
  } catch (error) {
    if (specifier !== self || (error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return next(specifier, { ...context, parentURL: import.meta.url });
  }
};

/** Files with imports and exports are modules, whatever package.json says, or does not say, of the files around it. */
function asModule(found: ReturnType<Resolve>, files: ReadonlyMap<string, string>): ReturnType<Resolve> {
  const path = found.url.startsWith('file:') ? fileURLToPath(found.url) : '';
  const code = files.get(path) ?? '';
  const isModule = /^\s*(?:import|export)\s/m.test(code) && !/\b(?:require\s*\(|module\.exports\b)/.test(code);
  if (!isModule || !/\.[jt]s$/.test(path)) return found;
  return { ...found, format: path.endsWith('.ts') ? 'module-typescript' : 'module' };
}

function broken(error: unknown, place: string): OrchError {
  if (OrchError.is(error)) {
    const { code, message, hint, details } = error;
    return new OrchError(code, `${place}: ${message}`, { hint, details, cause: error });
  }
  const thrown = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new OrchError('spec', `${place}: expected the module to define a job, it threw ${thrown}`, { cause: error });
}

function unreadable(why: string, shown: string): OrchError {
  return new OrchError('usage', `Expected a job file at ${shown}: ${why}.`, {
    hint: 'Check the path: orch run path/to/job.ts',
  });
}

function noJob(exported: unknown, shown: string): OrchError {
  const got = exported === undefined ? 'nothing' : exported === null ? 'null' : `a value of type ${typeof exported}`;
  return new OrchError('spec', `Expected ${shown} to export a job as default, got ${got}.`, {
    hint: `import { defineJob } from '${self}'; export default defineJob({ … }, (j) => { … });`,
  });
}

function inputOf(path: string, content: string, folder: string): PlanInput {
  return { path: relative(folder, path).split(sep).join('/'), sha256: sha256(content), content };
}
