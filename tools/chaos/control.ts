import { readEnd } from './end.ts';
import type { End } from './end.ts';
import { answerTo } from './job.ts';
import type { Job } from './job.ts';
import type { KillReport } from './kill-at.ts';
import { openPerson } from './person.ts';
import { openPlace, waits } from './place.ts';
import { startProvider } from './provider.ts';
import { familyOf, readEntries, readEvents, rootOf } from './run-files.ts';

/** What a job comes to when nobody disturbs it. */
export type Control = {
  readonly end: End;
  /** How often each point is met. */
  readonly met: KillReport['met'];
  readonly calls: number;
  /** Keys of its answers. */
  readonly keys: ReadonlySet<string>;
  /** All contents that its files have at some time: path → digests. */
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>;
  readonly durationMs: number;
};

export async function runControl(job: Job): Promise<Control> {
  const provider = await startProvider(answerTo);
  const place = openPlace(job, provider);
  const person = openPerson(job, 'inbox', { place, run: () => rootOf(place.runs()) });
  try {
    const began = performance.now();
    const stop = person.attend();
    const { code, report, stdout, stderr } = await place.orch(['run']).ended;
    stop();
    const durationMs = performance.now() - began;
    const run = rootOf(place.runs());
    if (run === undefined || code === waits) throw new Error(`${job.name} did not run to its end: ${stdout}${stderr}`);
    const family = familyOf(run);
    const keys = new Set(family.flatMap(readEntries).map(({ key }) => key));
    const end = readEnd(run, code);
    return {
      end,
      met: report?.met ?? {},
      calls: provider.calls.length,
      keys,
      versions: versionsOf(family),
      durationMs,
    };
  } finally {
    provider.close();
    place.remove();
  }
}

function versionsOf(runs: readonly string[]): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const { type, data } of runs.flatMap(readEvents)) {
    if (type !== 'file.written') continue;
    versions.set(data.path, (versions.get(data.path) ?? new Set()).add(data.sha256));
  }
  return versions;
}
