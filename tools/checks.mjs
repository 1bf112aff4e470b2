import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Nx in this very process: a daemon or plugin workers cost a script more than they save. */
export const nxEnv = { NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false' };

/**
 * The static checks: each is one or more commands, and passes when all of them do.
 *
 * Lint asks Nx for the projects first: without a project graph the Nx rules find nothing wrong, ever.
 *
 * @type {Record<string, string[][]>}
 */
export const checks = {
  format: [['prettier', '--check', '--log-level', 'warn', '.']],
  lint: [
    ['nx', 'show', 'projects', '--json'],
    ['eslint', '--max-warnings', '0', '.'],
  ],
  references: [['nx', 'sync:check']],
  knip: [['knip']],
  typecheck: [['tsc', '-b']],
  'typecheck-tests': [['tsc', '-p', 'tsconfig.test.json', '--noEmit']],
};

/**
 * @param {string[][]} commands run in turn, up to the first that fails
 * @returns {Promise<{ passed: boolean, output: string }>} with the output of the one that failed
 */
export async function runCommands(commands) {
  for (const [bin = '', ...args] of commands) {
    const { code, output } = await capture(bin, args);
    if (code !== 0) return { passed: false, output: `$ ${[bin, ...args].join(' ')}\n${output}` };
  }
  return { passed: true, output: '' };
}

/** @param {string} bin @param {string[]} args @returns {Promise<{ code: number, output: string }>} */
function capture(bin, args) {
  return new Promise((resolve) => {
    const child = start(bin, args, ['ignore', 'pipe', 'pipe']);
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Starts one of the tools that the workspace depends on.
 *
 * @param {string} bin
 * @param {string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 * @param {Record<string, string>} env added to this process' own
 */
export function start(bin, args, stdio, env = {}) {
  const command = join(root, 'node_modules', '.bin', bin);
  return spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...nxEnv, ...env },
    stdio,
    shell: process.platform === 'win32',
  });
}
