import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readStat } from './process-stat.ts';

/** The kernel speaks to programs in ticks of this length, on every system that Node runs on. */
const tickMs = 10;

/** When a process was started, in milliseconds since the epoch, at most a second too early; undefined: not known. */
export function processStart(pid: number): number | undefined {
  const start = process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  return Number.isFinite(start) ? start : undefined;
}

function startFromProc(pid: number): number {
  return bootTime() + (readStat(pid)?.startTicks ?? NaN) * tickMs;
}

/** `btime` of proc_stat(5), in whole seconds. */
function bootTime(): number {
  return Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]) * 1000;
}

/** By `lstart` of ps(1), which macOS, the BSDs and Linux know: `Mon Jan  5 12:00:00 2026`. NaN: not known. */
export function startFromPs(pid: number): number {
  const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { env, encoding: 'utf8' });
  return Date.parse(`${String(stdout).trim()} UTC`);
}
