import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OrchError } from '@orch/contracts';
import type { Digest, Plan, Result, StepKind } from '@orch/contracts';
import { digestModule, digestPackage } from '@orch/spec';
import { resolve as resolveModule } from 'import-meta-resolve';
import { allKinds, builtinKinds } from './kinds/index.ts';

/**
 * The step kinds that a file (`./kinds.ts`, counted from `jobDir`) or an installed package exports as default: one, or a
 * list. Rejects with `spec` for what cannot be loaded, is no step kind, or takes the name of a built-in one.
 */
export async function loadKinds(from: string, jobDir: string): Promise<readonly StepKind[]> {
  const digest = await digestOf(from, jobDir);
  return read(from, urlOf(from, jobDir, digest.ok ? digest.value : undefined));
}

/** All kinds of a plan: the built-in ones, those that it names, and `others`, which win over built-in ones. */
export async function kindsOf(
  { kinds = [] }: Plan,
  jobDir: string,
  others: readonly StepKind[] = [],
): Promise<ReadonlyMap<string, StepKind>> {
  const loaded = await Promise.all(
    kinds.map((source) => read(source.from, urlOf(source.from, jobDir, source.code_sha256))),
  );
  const named = new Set(others.map(({ kind }) => kind));
  for (const { kind } of loaded.flat()) {
    if (named.has(kind)) throw taken(kind, 'another one has it');
    named.add(kind);
  }
  return allKinds([...loaded.flat(), ...others]);
}

/** Throws `conflict` unless the files and packages of the kinds of a plan are as they were when it was compiled. */
export async function requireSameKinds({ kinds = [] }: Plan, jobDir: string): Promise<void> {
  for (const { from, code_sha256 } of kinds) {
    const found = await digestOf(from, jobDir);
    if (found.ok && found.value === code_sha256) continue;
    const changed = isFile(from)
      ? 'it or a file that it imports has changed'
      : 'another version is installed, or its code has changed';
    const came = found.ok ? changed : found.error;
    throw new OrchError('conflict', `Expected ${from} as it was when the run was planned: ${came}.`, {
      hint: 'To go on with the new code, compile the job anew: orch resume … --spec and the job file.',
    });
  }
}

/** The file that importing a package from the folder of a job loads; undefined when there is none. */
export function packageEntry(name: string, jobDir: string): string | undefined {
  try {
    const { protocol, href } = new URL(resolvePackage(name, jobDir));
    return protocol === 'file:' ? fileURLToPath(href) : undefined;
  } catch (error) {
    // Who loads it is told why it cannot be found.
    if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_') === true) return undefined;
    throw error;
  }
}

function digestOf(from: string, jobDir: string): Promise<Result<Digest, string>> {
  const reading = { jobDir, readFile: (path: string) => readFile(path, 'utf8') };
  return isFile(from) ? digestModule(from, reading) : digestPackage(from, { ...reading, packageEntry });
}

function isFile(from: string): boolean {
  return /^\.{0,2}\//.test(from) || /\.[cm]?[jt]s$/.test(from);
}

/** With the digest of the code: Node keeps modules by their URL, and an edited one is another module. */
function urlOf(from: string, jobDir: string, digest: Digest | undefined): string {
  const url = isFile(from) ? pathToFileURL(resolve(jobDir, from)) : new URL(packageUrl(from, jobDir));
  if (digest !== undefined && url.protocol === 'file:') url.searchParams.set('sha256', digest);
  return url.href;
}

function packageUrl(from: string, jobDir: string): string {
  try {
    return resolvePackage(from, jobDir);
  } catch (error) {
    throw unloadable(from, error, `npm install ${from}; a file is written as ./ and its path`);
  }
}

function resolvePackage(name: string, jobDir: string): string {
  return resolveModule(name, pathToFileURL(join(jobDir, 'job.js')).href);
}

async function read(from: string, url: string): Promise<readonly StepKind[]> {
  const { default: exported } = await load(from, url);
  const kinds: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  if (kinds.length === 0) throw noKind(from, 'an empty list');
  return kinds.map((kind, at) => checked(kind, kinds.length === 1 ? from : `${from}, number ${at + 1}`));
}

async function load(from: string, url: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(url)) as { readonly default?: unknown };
  } catch (error) {
    throw unloadable(from, error);
  }
}

type Unchecked = { readonly [K in keyof StepKind]?: unknown };

function checked(value: unknown, from: string): StepKind {
  if (typeof value !== 'object' || value === null) throw noKind(from, value === null ? 'null' : typeof value);
  const why = whyNoKind(value);
  if (why !== undefined) throw noKind(from, why);
  const kind = value as StepKind;
  if (builtinKinds.has(kind.kind)) throw taken(kind.kind, `a built-in kind has it, and so has ${from}`);
  return kind;
}

function whyNoKind({ kind, version, input, fingerprint, run, asks, scoped }: Unchecked): string | undefined {
  if (typeof kind !== 'string' || !/^[a-z][a-z0-9_-]{0,63}$/.test(kind)) {
    return `one whose \`kind\` is ${JSON.stringify(kind)}, which is no name such as fetch_page`;
  }
  if (!Number.isSafeInteger(version) || (version as number) < 1) return `one whose \`version\` is ${String(version)}`;
  if (typeof (input as { safeParse?: unknown } | undefined)?.safeParse !== 'function') {
    return 'one whose `input` has no `safeParse`';
  }
  if (typeof fingerprint !== 'function') return 'one without a function `fingerprint`';
  if (typeof run !== 'function') return 'one without a function `run`';
  if (![asks, scoped].every((flag) => flag === undefined || typeof flag === 'boolean')) {
    return 'one whose `asks` or `scoped` is neither true nor false';
  }
  return undefined;
}

function noKind(from: string, came: string): OrchError {
  return new OrchError(
    'spec',
    `kinds: expected ${from} to export a step kind, or a list of them, as default; got ${came}.`,
    {
      hint: 'export default { kind, version, input, fingerprint(input), async run(input, host) }',
    },
  );
}

function taken(kind: string, why: string): OrchError {
  return new OrchError('spec', `kinds: expected a name of its own for each step kind, ${kind} is taken: ${why}.`);
}

function unloadable(from: string, error: unknown, hint?: string): OrchError {
  const reason = error instanceof Error ? error.message : String(error);
  return new OrchError('spec', `kinds: expected ${from} to be a module that can be loaded: ${reason}`, {
    hint,
    cause: error,
  });
}
