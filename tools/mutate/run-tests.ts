import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport } from './read-report.ts';
import { runVitest } from './run-vitest.ts';

/** Milliseconds for one test, and for all that are run at once: a fault may keep them from ever ending. */
const testTimeout: Readonly<Record<Project, number>> = { unit: 20_000, e2e: 60_000 };
const longest: Readonly<Record<'some' | 'all', number>> = { some: 180_000, all: 1_500_000 };

/** What tests came to: the first that failed is named. `broken`: nothing was tested, as when a file does not load. */
export type TestRun =
  | { readonly status: 'passed' }
  | { readonly status: 'failed'; readonly by: string }
  | { readonly status: 'broken'; readonly why: string };

export type TestSelection = {
  /** Test files by their paths from the root; all unless given. */
  readonly files?: readonly string[] | undefined;
  readonly signal: AbortSignal;
};

const projects = ['unit', 'e2e'] as const;
type Project = (typeof projects)[number];

/** Runs tests of `npm test` in a copy of the repository until one fails. Rejects with the signal's reason. */
export async function runTests(dir: string, { files, signal }: TestSelection): Promise<TestRun> {
  for (const project of projects) {
    const chosen = files?.filter((file) => projectOf(file) === project);
    if (chosen?.length === 0) continue;
    const run = await runProject(dir, { project, files: chosen ?? [], signal });
    if (run.status !== 'passed') return run;
  }
  return { status: 'passed' };
}

function projectOf(file: string): Project {
  return file.startsWith('e2e/') ? 'e2e' : 'unit';
}

type ProjectRun = { readonly project: Project; readonly files: readonly string[]; readonly signal: AbortSignal };

async function runProject(dir: string, { project, files, signal }: ProjectRun): Promise<TestRun> {
  const reports = mkdtempSync(join(tmpdir(), 'orch-mutate-report-'));
  const report = join(reports, 'report.json');
  const options = ['--project', project, '--bail', '1', '--reporter', 'json', '--outputFile', report];
  // Nothing shall fail because the machine is busy.
  options.push('--testTimeout', String(testTimeout[project]));
  // Tests of the tools look at the text of the product, not at what it does.
  const args = ['run', ...options, '--exclude', 'tools/**', ...files];
  try {
    const ended = await runVitest(dir, { args, limit: longest[files.length > 0 ? 'some' : 'all'], signal });
    return ended.isLate ? { status: 'failed', by: 'no end in sight' } : readReport(dir, report, ended);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}
