#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { runCli } = await import('./run-cli.ts');
const { processTerminal } = await import('./terminal/terminal.ts');

const terminal = processTerminal();
const code = await runCli(process.argv.slice(2), terminal);
// The last lines may still be on their way into a pipe; work that a module left behind must not keep the process.
process.stdout.write('', () => process.exit(code));
