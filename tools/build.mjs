// Compiles every package into its dist/, from nothing, so that no output of a deleted source stays.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runCommands } from './checks.mjs';

for (const group of ['packages', 'apps']) {
  for (const name of readdirSync(join(root, group))) {
    rmSync(join(root, group, name, 'dist'), { recursive: true, force: true });
  }
}
const { passed, output } = await runCommands([['tsc', '-b']]);
console.log(passed ? 'build: ok' : `${output}\nbuild: failed`);
process.exitCode = passed ? 0 : 1;
