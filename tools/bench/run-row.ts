import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Case, Found, Row, Setting } from './row.ts';
import { median } from './timing.ts';

export type RunOptions = {
  readonly quick: boolean;
  readonly rounds: number;
  /** Told what is under way. */
  readonly onProgress: (text: string) => void;
};

/** What the contenders of a case found, as medians, or why one could not. */
export type CaseResult = {
  readonly case: Case;
  readonly found: ReadonlyMap<string, Found>;
  readonly failures: ReadonlyMap<string, string>;
};

const run = promisify(execFile);
const entry = join(import.meta.dirname, 'contend.ts');
/** Of one process; it prints one line. */
const timeout = 180_000;

/** Each contender of each case in fresh processes, one after the other, in another order each round. */
export async function runRow(name: string, row: Row, options: RunOptions): Promise<CaseResult[]> {
  const base = mkdtempSync(join(mediumOf(row), 'orch-bench-'));
  try {
    const prepared: unknown = await row.prepare?.(base, options.quick);
    const results: CaseResult[] = [];
    for (const each of row.cases) results.push(await runCase({ name, case: each, base, prepared }, options));
    return results;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** Memory when the system has such a place. */
function mediumOf({ medium }: Row): string {
  return medium === 'memory' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

type CaseRun = { readonly name: string; readonly case: Case; readonly base: string; readonly prepared: unknown };

async function runCase(job: CaseRun, options: RunOptions): Promise<CaseResult> {
  const found = new Map<string, Found[]>();
  const failures = new Map<string, string>();
  for (let round = 1; round <= options.rounds; round++) {
    for (const contender of shuffled(Object.keys(job.case.contenders))) {
      if (failures.has(contender)) continue;
      options.onProgress(`${job.name} · ${job.case.name} · round ${round} · ${contender}`);
      try {
        const list = found.get(contender) ?? [];
        list.push(await contend(job, contender, options.quick));
        found.set(contender, list);
      } catch (error) {
        failures.set(contender, (error as Error).message);
      }
    }
  }
  const medians = new Map([...found].map(([contender, list]) => [contender, mediansOf(list)]));
  return { case: job.case, found: medians, failures };
}

async function contend(job: CaseRun, contender: string, quick: boolean): Promise<Found> {
  const dir = mkdtempSync(join(job.base, 'contender-'));
  try {
    const setting: Setting = { dir, quick, prepared: job.prepared };
    const args = ['--conditions=@orch/source', '--disable-warning=ExperimentalWarning', entry];
    const { stdout } = await run(
      process.execPath,
      [...args, job.name, job.case.name, contender, JSON.stringify(setting)],
      { timeout },
    );
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Found;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function mediansOf(list: readonly Found[]): Found {
  const names = Object.keys(list[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(list.map((found) => found[name]!))]));
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
