import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender, Row } from '../row.ts';
import { quantile } from '../timing.ts';

/** The events of this row: when a line was written, in nanoseconds of the machine's clock. */
export type Ticks = { readonly tick: { readonly at: string }; readonly end: Record<string, never> };

export const follow: Row = {
  title: 'lines that another process writes, as they are told to a follower',
  medium: 'disc',
  cases: [
    {
      name: '500 lines, then nothing for a while',
      figures: [
        { name: 'p99', unit: 'ms, p99', targets: [{ atMost: 100 }] },
        { name: 'idle', unit: '% CPU when idle', targets: [{ atMost: 2 }] },
      ],
      contenders: { orch: contender(orch), limit: contender(watched) },
    },
  ],
};

/** Follows a log to its end, telling the moment in each tick. */
type Follow = (path: string, tell: (at: string) => void) => Promise<void>;

function contender(follower: Follow): Contender {
  return async ({ dir, quick }) => {
    const lines = quick ? 100 : 500;
    const path = join(dir, 'events.jsonl');
    writeFileSync(path, '');
    const following = followIdle(path, lines, follower);
    const writer = join(import.meta.dirname, '..', 'follow-writer.ts');
    const args = [...process.execArgv, writer, path, String(lines), quick ? '1000' : '5000'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const found = await following;
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    return found;
  };
}

async function followIdle(path: string, lines: number, follower: Follow) {
  const delays: number[] = [];
  let idle = { since: 0, cpu: process.cpuUsage() };
  await follower(path, (at) => {
    delays.push(Number(process.hrtime.bigint() - BigInt(at)) / 1e6);
    if (delays.length === lines) idle = { since: performance.now(), cpu: process.cpuUsage() };
  });
  if (delays.length !== lines) throw new Error(`Expected ${lines} lines, was told ${delays.length}.`);
  const { user, system } = process.cpuUsage(idle.cpu);
  const idleFor = performance.now() - idle.since;
  return { p99: quantile(delays, 0.99), idle: ((user + system) / 1000 / idleFor) * 100 };
}

async function orch(path: string, tell: (at: string) => void): Promise<void> {
  const { followLog } = await import('@orch/events');
  for await (const event of followLog<Ticks>(path, { until: ({ type }) => type === 'end' })) {
    if (event.type === 'tick') tell(event.data.at);
  }
}

/** The system tells of each change, and what is new is read and parsed; nothing is checked. */
async function watched(path: string, tell: (at: string) => void): Promise<void> {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(64 * 1024);
  const { promise, resolve } = Promise.withResolvers<void>();
  let rest = '';
  const watcher = watch(path, () => {
    const lines = (rest + buffer.toString('utf8', 0, readSync(file, buffer))).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const { type, data } = JSON.parse(line) as { type: string; data: { at: string } };
      if (type === 'tick') tell(data.at);
      else resolve();
    }
  });
  await promise;
  watcher.close();
  closeSync(file);
}
