// `npm run bench [-- ROW…] [--quick] [--json FILE]`: orch, its neighbours and the raw limits, one table.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildDist, installPeers } from './install.ts';
import { judge } from './judge.ts';
import type { Line } from './judge.ts';
import { rows } from './rows/index.ts';
import { runRow } from './run-row.ts';
import { toTable } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' }, rounds: { type: 'string' } },
});
const names = positionals.length > 0 ? positionals : Object.keys(rows);
for (const name of names) {
  if (!(name in rows)) throw new Error(`Expected rows of ${Object.keys(rows).join(', ')}; got ${name}.`);
}
const { quick } = values;
const rounds = Number(values.rounds ?? (quick ? 1 : 3));

installPeers();
const started = performance.now();
const lines: Line[] = [];
const failures: string[] = [];
const titles: string[] = [];
for (const name of names) {
  try {
    await measure(name);
  } catch (error) {
    failures.push(`${name}: ${(error as Error).message}`);
  }
}
onProgress('');
console.log(toTable(lines));
console.log(`\n${titles.join('\n')}`);
const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\nCosts: less is better. Medians of ${rounds} rounds in fresh processes. ${machine}. ${seconds} s.`);
for (const failure of failures) console.log(`\nnot measured: ${failure}`);
if (values.json !== undefined) {
  const record = { at: new Date().toISOString(), machine, quick, rounds, lines, failures };
  writeFileSync(values.json, `${JSON.stringify(record, undefined, 2)}\n`);
}
if (failures.length > 0) process.exitCode = 1;

async function measure(name: string): Promise<void> {
  const row = await rows[name]!();
  titles.push(`${name.padEnd(8)} ${row.title}`);
  if (row.built) buildDist();
  for (const result of await runRow(name, row, { quick, rounds, onProgress })) {
    lines.push(...judge(name, result));
    for (const [contender, why] of result.failures) failures.push(`${name}: ${result.case.name}: ${contender}: ${why}`);
  }
}

/** One line that replaces the one before, where somebody looks. */
function onProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
