import { OrchError } from '@orch/contracts';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export type Start = {
  readonly file: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

const missingCodes = ['ENOENT', 'EACCES', 'ENOTDIR'];

/**
 * Why a command did not start, as `command_missing`, `usage` or `io`. The system says the same of a missing program
 * and of a missing folder, so it is looked up which it was.
 */
export function startError(start: Start, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (missingCodes.includes(code)) return missing(start, error);
  const message = `could not start ${JSON.stringify(start.file)}: ${(error as Error).message}`;
  return new OrchError(code === 'ERR_INVALID_ARG_VALUE' ? 'usage' : 'io', message, {
    details: { file: start.file, errno: code },
    cause: error,
  });
}

function missing(start: Start, cause: unknown): OrchError {
  const { what, hint } = whatIsMissing(start);
  const message = `could not start ${start.file}: ${what}`;
  return new OrchError('command_missing', message, { hint, details: { file: start.file, cwd: start.cwd }, cause });
}

function whatIsMissing({ file, cwd, env }: Start): { readonly what: string; readonly hint: string } {
  const folder = kindOf(cwd);
  if (folder !== 'folder') {
    const found = folder === undefined ? 'does not exist' : 'is not a folder';
    return { what: `its working folder ${cwd} ${found}`, hint: 'Create the folder, or name another one.' };
  }
  const found = candidates(file, cwd, env).filter((path) => kindOf(path) !== undefined);
  const [first] = found;
  if (first === undefined) return nowhere(file, env);
  const usable = found.find((path) => kindOf(path) === 'file' && isExecutable(path));
  if (usable === undefined) {
    return { what: `${first} is not an executable file`, hint: `Make it executable: chmod +x ${first}` };
  }
  return {
    what: `the program in the first line of ${usable} (#!…) is missing, or the folder ${cwd} may not be entered`,
    hint: 'Install that program, or correct the line.',
  };
}

function nowhere(file: string, env: Start['env']): { readonly what: string; readonly hint: string } {
  if (file.includes('/')) return { what: 'there is no such file', hint: 'Its path counts from the working folder.' };
  const path = env.PATH;
  return {
    what: path === undefined ? 'its environment has no PATH' : `no such program in PATH (${path})`,
    hint: 'Install the program, or give its path.',
  };
}

function candidates(file: string, cwd: string, env: Start['env']): string[] {
  if (file.includes('/')) return [resolve(cwd, file)];
  return (env.PATH ?? '').split(delimiter).map((folder) => join(resolve(cwd, folder), file));
}

/** What cannot be looked at counts as missing: the command could not use it either. */
function kindOf(path: string): 'file' | 'folder' | 'other' | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return false;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
