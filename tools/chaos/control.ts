import { readEnd } from './end.ts';
import type { End } from './end.ts';
import { answerTo } from './jobs.ts';
import type { Job } from './jobs.ts';
import type { KillReport } from './kill-at.ts';
import { openPlace } from './place.ts';
import { startProvider } from './provider.ts';
import { readEntries, readEvents } from './run-files.ts';

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
  try {
    const began = performance.now();
    const { code, report, stderr } = await place.orch(['run']).ended;
    const durationMs = performance.now() - began;
    const [run] = place.runs();
    if (run === undefined) throw new Error(`${job.name} did not run: ${stderr}`);
    const keys = new Set(readEntries(run).map(({ key }) => key));
    const end = readEnd(run, code);
    return { end, met: report?.met ?? {}, calls: provider.calls.length, keys, versions: versionsOf(run), durationMs };
  } finally {
    provider.close();
    place.remove();
  }
}

function versionsOf(run: string): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const { type, data } of readEvents(run)) {
    if (type !== 'file.written') continue;
    versions.set(data.path, (versions.get(data.path) ?? new Set()).add(data.sha256));
  }
  return versions;
}
