// `npm run fuzz [-- --runs N] [FILE…]`: the fuzz properties of the parsers, each with so many cases, others each time.
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../checks.mjs';
import type { Property } from './count-cases.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '100000' } },
});
const reports = mkdtempSync(join(tmpdir(), 'orch-fuzz-'));
const report = join(reports, 'properties.jsonl');
writeFileSync(report, '');
try {
  process.exitCode = fuzz();
} finally {
  rmSync(reports, { recursive: true, force: true });
}

function fuzz(): number {
  const started = performance.now();
  const files = filesToRun();
  const { status } = runVitest(files);
  const properties = readProperties();
  print(properties);
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const cases = properties.reduce((sum, property) => sum + property.cases, 0);
  const silent = files.filter((file) => !properties.some((property) => property.file === join(root, file)));
  for (const file of silent) console.log(`no property told of its cases: ${file}`);
  console.log(`${cases} cases of ${properties.length} properties, ${minutes} min`);
  return status === 0 && silent.length === 0 ? 0 : 1;
}

/** Those that try as many cases as ORCH_FUZZ_RUNS says. */
function filesToRun(): string[] {
  if (positionals.length > 0) return positionals;
  const tests = globSync(['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/fuzz/*.test.ts'], {
    cwd: root,
  });
  return tests.filter((file) => /\bfuzzRuns\b/.test(readFileSync(join(root, file), 'utf8'))).toSorted();
}

function runVitest(files: readonly string[]): { readonly status: number | null } {
  const bin = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const env = { ...process.env, ORCH_FUZZ_RUNS: values.runs, ORCH_FUZZ_REPORT: report };
  return spawnSync(process.execPath, [bin, 'run', '--config', config, ...files], { cwd: root, env, stdio: 'inherit' });
}

function readProperties(): Property[] {
  return readFileSync(report, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Property);
}

function print(properties: readonly Property[]): void {
  const byFile = Map.groupBy(properties, ({ file }) => relative(root, file));
  for (const [file, found] of [...byFile].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`\n${file}`);
    for (const { name, cases, seconds, failed } of found) {
      console.log(
        `${String(cases).padStart(9)}  ${seconds.toFixed(1).padStart(6)} s  ${failed ? 'FAILED ' : ''}${name}`,
      );
    }
  }
  console.log('');
}
