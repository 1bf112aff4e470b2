// `node tools/check.mjs lint …`: the named static checks, or all of them.
import { checks, runCommands } from './checks.mjs';

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks);
for (const name of names) {
  const commands = checks[name];
  if (!commands) throw new Error(`Expected one of ${Object.keys(checks).join(', ')}, got ${name}`);
  const { passed, output } = await runCommands(commands);
  console.log(passed ? `${name}: ok` : `${output}\n${name}: failed`);
  if (!passed) process.exitCode = 1;
}
