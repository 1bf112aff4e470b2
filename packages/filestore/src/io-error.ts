import { OrchError } from '@orch/contracts';
import { getSystemErrorMessage } from 'node:util';

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space on that disc, or choose a folder on another one.',
  EDQUOT: 'Free some space within the quota, or choose another folder.',
  EACCES: 'Check who may use that file and its folders.',
  EPERM: 'Check who may use that file and its folders.',
  EROFS: 'The disc is read-only: choose a folder on another one.',
};

/** What the operating system refused, as an `io` error that names the path; anything else as it is. */
export function ioError(doing: string, path: string, error: unknown): unknown {
  if (!(error instanceof Error) || OrchError.is(error)) return error;
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === undefined || errno === undefined) return error;
  return new OrchError('io', `could not ${doing} ${path}: ${getSystemErrorMessage(errno)} (${code})`, {
    hint: hints[code],
    details: { path, errno: code },
    cause: error,
  });
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
