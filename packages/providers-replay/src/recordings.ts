import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Recording } from '@orch/contracts';
import { recording } from '@orch/contracts/schemas';

/** A recording and the file it stands in; `n` is the number in the file's name. */
export type Recorded = Recording & { readonly file: string; readonly n: number };

const fileForm = /^[a-z][a-z0-9_-]{0,63}\.(\d+)\.json$/;

/**
 * The recordings of a folder, those of one step by their numbers. Throws `unconfigured` when there is no such folder
 * and for a file that is not a recording, and names it.
 */
export function readRecordings(dir: string): Recorded[] {
  const names = listFolder(dir).filter((name) => fileForm.test(name));
  const all = names.map((name) => ({
    ...readRecording(join(dir, name)),
    file: name,
    n: Number(fileForm.exec(name)?.[1]),
  }));
  return all.toSorted((a, b) => compare(a.match.step, b.match.step) || a.n - b.n);
}

function listFolder(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (cause) {
    throw new OrchError('unconfigured', `Expected a folder of recordings at ${dir}, got ${(cause as Error).message}.`, {
      hint: recordHint,
      cause,
    });
  }
}

function readRecording(path: string): Recording {
  const parsed = recording.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  throw malformed(path, faults.join('; '), parsed.error);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw malformed(path, (error as Error).message, error);
  }
}

function malformed(path: string, fault: string, cause: unknown): OrchError {
  return new OrchError('unconfigured', `Expected a recording in ${path}, got: ${fault}`, {
    hint: 'Record it again, or remove the file.',
    cause,
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** How recordings come to be. */
export const recordHint =
  'Record again: run the job with a real provider (`orch run --provider ollama:MODEL`), then `orch record latest`.';
