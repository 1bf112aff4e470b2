// `npm run bench [-- ROW…] [--quick] [--rounds N] [--json FILE]`: orch, its neighbours and the raw limits, one table.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { buildDist, installPeers } from './install.ts';
import { judge } from './judge.ts';
import type { Line } from './judge.ts';
import { readArguments, usage } from './read-arguments.ts';
import type { Arguments } from './read-arguments.ts';
import { rows } from './rows/index.ts';
import { runRow } from './run-row.ts';
import { toTable } from './table.ts';

const asked = readArguments(process.argv.slice(2));
if (asked instanceof Error) {
  console.error(`${asked.message}\n\n${usage}`);
  process.exitCode = 2;
} else if (asked.help) console.log(usage);
else await bench(asked);

async function bench({ names, quick, rounds, json }: Arguments): Promise<void> {
  installPeers();
  const started = performance.now();
  const lines: Line[] = [];
  const failures: string[] = [];
  const titles: string[] = [];
  for (const name of names) {
    try {
      const measured = await measure(name, quick, rounds);
      titles.push(measured.title);
      lines.push(...measured.lines);
      failures.push(...measured.failures);
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
  if (json !== undefined) {
    const record = { at: new Date().toISOString(), machine, quick, rounds, lines, failures };
    writeFileSync(json, `${JSON.stringify(record, undefined, 2)}\n`);
  }
  if (failures.length > 0) process.exitCode = 1;
}

type Measured = { readonly title: string; readonly lines: readonly Line[]; readonly failures: readonly string[] };

async function measure(name: string, quick: boolean, rounds: number): Promise<Measured> {
  const row = await rows[name]!();
  if (row.built) buildDist();
  const results = await runRow(name, row, { quick, rounds, onProgress });
  return {
    title: `${name.padEnd(8)} ${row.title}`,
    lines: results.flatMap((result) => judge(name, result)),
    failures: results.flatMap(({ case: { name: kind }, failures }) =>
      [...failures].map(([contender, why]) => `${name}: ${kind}: ${contender}: ${why}`),
    ),
  };
}

/** One line that replaces the one before, where somebody looks. */
function onProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
