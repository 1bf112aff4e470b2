import { spawn } from 'node:child_process';
import { join } from 'node:path';

export type Ended = {
  /** It was ended because it took too long. */
  readonly isLate: boolean;
  readonly code: number | null;
  /** The last of what it said. */
  readonly output: string;
};
export type VitestRun = {
  readonly args: readonly string[];
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
};

/** In a process group of its own, of which nothing is left when it resolves. Rejects with the signal's reason. */
export function runVitest(dir: string, { args, limit, signal }: VitestRun): Promise<Ended> {
  const bin = join(dir, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: dir,
    env: { ...process.env, NO_COLOR: '1' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isLate = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)));
  }
  const end = (): void => endGroup(child.pid);
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, limit);
  signal.addEventListener('abort', end);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      end();
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ isLate, code, output });
    });
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
