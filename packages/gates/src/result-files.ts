import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';

/**
 * Remembers result files as they are before a command runs. The function returned reads them after it, together: one
 * that is missing, or still the one from before, is a `gate_error`, so that old results never decide about a new run.
 */
export function watchResultFiles(cwd: string, files: readonly string[]): () => Result<string> {
  const before = files.map((file) => versionOf(resolve(cwd, file)));
  return () => {
    const texts: string[] = [];
    for (const [index, file] of files.entries()) {
      const text = readNew(resolve(cwd, file), before[index]);
      if (text === undefined) return err(notWritten(file));
      texts.push(text);
    }
    return ok(texts.join('\n'));
  };
}

function readNew(path: string, before: string | undefined): string | undefined {
  const now = versionOf(path);
  return now === undefined || now === before ? undefined : readFileSync(path, 'utf8');
}

/** Differs whenever a file was written again, also with the same content. */
function versionOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() ? [stats.ino, stats.size, stats.mtimeNs].join('-') : undefined;
}

function notWritten(file: string): OrchError {
  return new OrchError('gate_error', `Expected JUnit results in ${file}, which the command did not write.`);
}
