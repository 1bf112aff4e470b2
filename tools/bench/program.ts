import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** The compiled program, as it is published. */
export const orchProgram: readonly string[] = [join(root, 'apps', 'cli', 'dist', 'main.js')];

/** Runs Node with these arguments in a folder, in milliseconds. */
export function timeProgram(args: readonly string[], cwd: string): number {
  const started = performance.now();
  runNode(args, cwd, process.env);
  return performance.now() - started;
}

/** The most memory that it holds, in MB. */
export function memoryOf(args: readonly string[], cwd: string): number {
  const file = join(cwd, 'memory');
  const hook = join(import.meta.dirname, 'report-memory.cjs');
  runNode(['--require', hook, ...args], cwd, { ...process.env, BENCH_MEMORY: file });
  return Number(readFileSync(file, 'utf8')) / 1024;
}

function runNode(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): void {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`Expected node ${args.join(' ')} to succeed, got exit ${status}: ${stderr}`);
}
