import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const stamp = join(here, 'node_modules', '.bench-lockfile-sha256');

/** Fetches the peers that are compared with, unless those of this lockfile are there. Needs pnpm, as tools/dev.mjs gives it. */
export function installPeers(): void {
  const wanted = createHash('sha256')
    .update(readFileSync(join(here, 'pnpm-lock.yaml')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('[bench] installing what orch is compared with (once)\n');
  runTool('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], here);
  writeFileSync(stamp, wanted);
}

/** Compiles what changed: the rows about starting run what users get. */
export function buildDist(): void {
  const root = join(here, '..', '..');
  runTool(join(root, 'node_modules', '.bin', 'tsc'), ['-b'], root);
}

function runTool(command: string, args: readonly string[], cwd: string): void {
  const shell = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2], shell });
  if (status === 0) return;
  throw new Error(`Expected ${command} ${args.join(' ')} to succeed, got ${error?.message ?? `exit ${status}`}.`);
}
