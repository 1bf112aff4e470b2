import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir } from '@orch/testkit';
import { test, vi } from 'vitest';
import { isAlive, noSignal, open, rawServer } from './testing/open.ts';

test.concurrent(
  'at the close nothing is left, also of one that hears neither the end of its input nor TERM, nor of its children',
  async ({ expect, onTestFinished }) => {
    const servers = open({}, onTestFinished);
    const dir = tempDir(onTestFinished);
    const stubborn = rawServer(
      `process.on('SIGTERM', () => {});
     const child = require('node:child_process').spawn('sleep', ['600'], { stdio: 'inherit' });
     require('node:fs').writeFileSync('pids', process.pid + ' ' + child.pid);
     setInterval(() => {}, 60_000);
     serve((m) => reply(m, said('ok')));`,
      { cwd: dir },
    );
    await servers.list(stubborn, noSignal);
    const pids = readFileSync(join(dir, 'pids'), 'utf8').split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await servers.close();
    expect(pids.map(isAlive)).toEqual([false, false]);
    await expect(servers.list(stubborn, noSignal)).rejects.toMatchObject({ code: 'tool_failed' });
  },
);

test.concurrent(
  'a server does not outlive an orch that was killed',
  { timeout: 15_000 },
  async ({ expect, onTestFinished }) => {
    const dir = tempDir(onTestFinished);
    const { where } = rawServer(
      `setInterval(() => {}, 60_000);
     require('node:fs').writeFileSync('pid', String(process.pid)); serve(() => {});`,
      { cwd: dir },
    );
    const index = fileURLToPath(new URL('index.ts', import.meta.url));
    const code = `
    const { openToolServers } = await import(${JSON.stringify(index)});
    const clock = { now: Date.now, monotonic: () => performance.now(), sleep: () => new Promise(() => {}) };
    const servers = openToolServers({ env: {}, jobDir: '/', clock });
    await servers.list({ name: 'raw', where: ${JSON.stringify(where)} }, new AbortController().signal);
    process.kill(process.pid, 'SIGKILL');`;
    const orch = spawn(process.execPath, ['--conditions=@orch/source', '--input-type=module', '-e', code], { stdio: 'inherit' }); // prettier-ignore
    expect(await once(orch, 'exit')).toEqual([null, 'SIGKILL']);
    const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000, interval: 100 });
  },
);
