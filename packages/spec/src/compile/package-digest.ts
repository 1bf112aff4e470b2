import { basename, dirname, resolve } from 'node:path';
import { err, ok } from '@orch/contracts';
import type { Digest, Result } from '@orch/contracts';
import type { CompileContext } from './context.ts';
import { sha256 } from './inputs.ts';
import { digestModule } from './module-digest.ts';

type Installed = Pick<CompileContext, 'jobDir' | 'readFile' | 'packageEntry'>;

/**
 * The `code_sha256` of an installed package as it is now, looked for from the folder of the job upwards: its name and
 * version, and its code where its entry is known; or why it cannot be told.
 */
export async function digestPackage(name: string, installed: Installed): Promise<Result<Digest, string>> {
  const version = await versionOf(name, installed);
  if (!version.ok) return version;
  const entry = installed.packageEntry?.(name, installed.jobDir);
  if (entry === undefined) return ok(sha256(JSON.stringify([version.value])));
  const code = await digestModule(basename(entry), { jobDir: dirname(entry), readFile: installed.readFile });
  return code.ok ? ok(sha256(JSON.stringify([version.value, code.value]))) : code;
}

/** `name@version`. */
async function versionOf(name: string, { jobDir, readFile }: Installed): Promise<Result<string, string>> {
  const [, folder = name] = /^((?:@[^/]+\/)?[^/]+)/.exec(name) ?? [];
  for (let dir = resolve(jobDir); ; dir = dirname(dir)) {
    const version = await versionIn(resolve(dir, 'node_modules', folder, 'package.json'), readFile);
    if (version !== undefined) return ok(`${name}@${version}`);
    if (dir === dirname(dir)) break;
  }
  return err(`no package ${JSON.stringify(folder)} in node_modules of the job's folder or above`);
}

async function versionIn(file: string, readFile: Installed['readFile']): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(file)) as { version?: unknown };
    return typeof version === 'string' ? version : '';
  } catch {
    return undefined; // Not there, or not readable: the next folder above is looked at, and in the end it is told.
  }
}
