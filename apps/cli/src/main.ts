#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { cliVersion } from './version.ts';

enableCompileCache();
const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) process.stdout.write(`${cliVersion}\n`);
else await runMain();

/** Loaded only here: programs ask for the version often, and to answer needs none of it. */
async function runMain(): Promise<void> {
  const { runCli } = await import('./run-cli.ts');
  const { processTerminal } = await import('./terminal/terminal.ts');
  const code = await runCli(argv, processTerminal());
  // The last lines may still be on their way into a pipe; work that a module left behind must not keep the process.
  process.stdout.write('', () => process.exit(code));
}
