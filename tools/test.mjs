// The whole suite: static checks, unit tests, end-to-end tests, each of them also when an earlier one failed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks, runCommands, start } from './checks.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

// Two lanes, one for each core of a small machine; lint and references share the Nx project graph, hence one lane.
const lanes = [
  ['lint', 'references'],
  ['format', 'typecheck', 'typecheck-tests', 'knip'],
];

/** @type {Record<string, () => Promise<Counts>>} */
const parts = {
  static: staticChecks,
  unit: () => vitest('unit'),
  e2e: () => vitest('e2e'),
};

const total = { passed: 0, failed: 0, skipped: 0 };
const times = [];
for (const [name, run] of Object.entries(parts)) {
  console.log(`\n== ${name}`);
  const started = performance.now();
  const counts = await run();
  times.push(`${name.padEnd(6)} ${seconds(started).padStart(7)}   ${counts.passed} passed, ${counts.failed} failed`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
console.log(`\n${times.join('\n')}`);
if (total.skipped > 0) console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** @returns {Promise<Counts>} */
async function staticChecks() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const lane = async (/** @type {string[]} */ names) => {
    for (const name of names) {
      const started = performance.now();
      const { passed, output } = await runCommands(checks[name] ?? unknown(name));
      if (output) console.log(output.trimEnd());
      console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds(started)})`);
      counts[passed ? 'passed' : 'failed']++;
    }
  };
  await Promise.all(lanes.map(lane));
  return counts;
}

/** @param {string} project @returns {Promise<Counts>} */
async function vitest(project) {
  const dir = mkdtempSync(join(tmpdir(), 'orch-suite-'));
  const file = join(dir, 'counts.json');
  /** @type {number | null} */
  const code = await new Promise((resolve) => {
    const child = start('vitest', ['run', '--project', project], 'inherit', { ORCH_TEST_COUNTS: file });
    child.on('error', () => resolve(1));
    child.on('close', resolve);
  });
  const counts = readCounts(file);
  rmSync(dir, { recursive: true, force: true });
  // A run can fail without a failed test: one that did not start, or was killed.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** @param {string} file @returns {Counts} */
function readCounts(file) {
  try {
    return /** @type {Counts} */ (JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    console.log(`No test counts: ${/** @type {Error} */ (error).message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** @param {number} since */
function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** @param {string} name @returns {never} */
function unknown(name) {
  throw new Error(`Expected a check of ${Object.keys(checks).join(', ')}, got ${name}`);
}
