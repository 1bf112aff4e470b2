// The process of one contender: `node contend.ts ROW CASE CONTENDER SETTING`. Prints what it found as the last line.
import { readFileSync } from 'node:fs';
import type { Setting } from './row.ts';
import { rows } from './rows/index.ts';

const [rowName = '', caseName = '', contenderName = '', setting = ''] = process.argv.slice(2);
const row = await rows[rowName]!();
const contender = row.cases.find(({ name }) => name === caseName)!.contenders[contenderName]!;
const found = await contender(JSON.parse(setting) as Setting);
process.stdout.write(`\n${JSON.stringify({ rss: mostMemory(), ...found })}\n`, () => process.exit(0));

/** In MB. Where Linux tells it, of this program alone: `maxRSS` counts what the parent held when it forked. */
function mostMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}
