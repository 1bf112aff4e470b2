import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { verifyRun } from '../../packages/sdk/src/index.ts';
import type { Control } from './control.ts';
import { digestOf, filesBelow, readEntries, readEvents } from './run-files.ts';

/** What is torn, or named by the log and not there, in the folder of a run that was killed this moment. */
export async function findTorn(run: string, control: Control): Promise<string[]> {
  const cache = join(dirname(run), '.cache');
  const blobs = [...filesBelow(join(run, 'artifacts')), ...filesBelow(join(cache, 'blobs'))];
  const shared = filesBelow(join(cache, 'entries'));
  const json = ['manifest.json', 'owner.json', 'inputs/plan.json', 'inputs/origin.json'].map((name) => join(run, name));
  return [
    ...blobs.filter((path) => digestOf(readFileSync(path)) !== basename(path)).map((path) => `${path} is torn`),
    ...[...shared, ...json].flatMap((path) => tornJson(path)),
    ...filesBelow(join(run, 'outputs')).flatMap((path) => strangeFile(relative(run, path), path, control)),
    ...thrown(() => readEntries(run)),
    ...thrown(() => readEvents(run)),
    ...(await unfit(run)),
  ];
}

function tornJson(path: string): string[] {
  try {
    JSON.parse(readFileSync(path, 'utf8'));
    return [];
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : [`${path} is torn: ${String(error)}`];
  }
}

function strangeFile(name: string, path: string, { versions }: Control): string[] {
  const digest = digestOf(readFileSync(path));
  return versions.get(name)?.has(digest) ? [] : [`${name} has a content that nobody writes: ${digest}`];
}

function thrown(look: () => unknown): string[] {
  try {
    look();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/** `verify` may be asked of a run that was killed too; one without a log is none. */
async function unfit(run: string): Promise<string[]> {
  const verified = await verifyRun(run);
  return verified.ok || verified.error.code === 'not_found' ? [] : [`verify: ${verified.error.message}`];
}
