import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { endGroup } from './end-group.ts';

const onLinux = test.runIf(process.platform === 'linux');
const key = 'a'.repeat(64);
const mark = `ORCH_STEP_KEY=${key}`;
const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();

/** Shell words: says `up`, then repeats what it reads. Whatever the shell starts holds the same wire, its file 3. */
const parrot = '{ echo up >&3; exec cat <&3 >&3; }';

/** A group with a wire that ends when the last of it is gone, and on which its parrot tells that it lives. */
async function startGroup(script: string, env: Record<string, string> = {}) {
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const startedAt = new Date().toISOString();
  const wire = child.stdio[3] as Socket;
  onTestFinished(() => {
    wire.destroy(); // a parrot ends with it
    child.kill('SIGKILL');
  });
  const gone = new Promise<void>((resolve) => void wire.once('close', resolve).on('error', () => {}));
  const hear = async (word: string) => expect(String(await once(wire, 'data'))).toBe(`${word}\n`);
  const lives = async () => {
    wire.write('alive\n');
    await hear('alive');
  };
  await hear('up');
  return { child, pgid: child.pid!, startedAt, gone, lives };
}

/** One whose first process has exited and left `survivor` behind. */
async function startOrphan(survivor: string, env?: Record<string, string>) {
  const group = await startGroup(`${survivor} &`, env);
  if (group.child.exitCode === null) await once(group.child, 'exit');
  return group;
}

const shifted = (iso: string, ms: number) => new Date(Date.parse(iso) + ms).toISOString();

describe('a group that was left behind', () => {
  test('is ended when its first process started at that time, and is gone from then on', async () => {
    const { pgid, startedAt, gone } = await startGroup(parrot);
    expect(await endGroup(pgid, { startedAt })).toBe('ended');
    await gone;
    expect(await endGroup(pgid, { startedAt })).toBe('gone');
  });

  test('is ended with all that its first process started, also what knows no mark', async () => {
    const { pgid, startedAt, gone } = await startGroup(`env -i sleep 60 & ${parrot}`);
    expect(await endGroup(pgid, { startedAt })).toBe('ended');
    await gone;
  });

  test('is killed after the grace when it ignores TERM', async () => {
    const { pgid, startedAt, gone } = await startGroup(`trap '' TERM; ${parrot}`);
    const began = performance.now();
    expect(await endGroup(pgid, { startedAt, graceMs: 150 })).toBe('ended');
    expect(performance.now() - began).toBeGreaterThan(140);
    await gone;
  });

  onLinux('is known by a mark that one of it carries when its first process is gone', async () => {
    const { pgid, gone } = await startOrphan(`{ env -i sleep 60 & ${parrot}; }`, { ORCH_STEP_KEY: key });
    expect(await endGroup(pgid, { startedAt: anHourAgo, mark })).toBe('ended');
    await gone;
  });

  onLinux('counts as gone when all of it are zombies that nobody waits for', async () => {
    const sayPid = `setsid /bin/sh -c 'echo $$; exec sleep 60' &`;
    const parent = spawn('/bin/sh', ['-c', `${sayPid} exec sleep 60`], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const startedAt = new Date().toISOString();
    const pgid = Number(await once(parent.stdout, 'data'));
    expect(await endGroup(pgid, { startedAt })).toBe('ended');
    expect(process.kill(-pgid, 0)).toBe(true);
    expect(await endGroup(pgid, { startedAt })).toBe('gone');
  });
});

describe('a group that may be another is left alone:', () => {
  test('its number went to a stranger', async () => {
    const { pgid, lives } = await startGroup(parrot);
    expect(await endGroup(pgid, { startedAt: anHourAgo })).toBe('stranger');
    await lives();
  });

  onLinux('its number went to a stranger with another mark', async () => {
    const { pgid, lives } = await startGroup(parrot, { ORCH_STEP_KEY: 'b'.repeat(64) });
    expect(await endGroup(pgid, { startedAt: anHourAgo, mark })).toBe('stranger');
    expect(await endGroup(pgid, { startedAt: anHourAgo, mark: 'ORCH_STEP_KEY=b' })).toBe('stranger');
    await lives();
  });

  test.each([
    ['none is looked for', {}, undefined],
    ['it carries none', {}, mark],
    ['it carries another', { ORCH_STEP_KEY: 'b'.repeat(64) }, mark],
  ])('its first process is gone, and of its mark %s', async (_, env, mark) => {
    const { pgid, startedAt, lives } = await startOrphan(parrot, env);
    expect(await endGroup(pgid, { startedAt, mark })).toBe('unknown');
    await lives();
  });

  onLinux('this process is in it', async () => {
    const url = JSON.stringify(new URL('./end-group.ts', import.meta.url).href);
    const script = `import { endGroup } from ${url};
      console.log(await endGroup(process.pid, { startedAt: new Date().toISOString(), mark: ${JSON.stringify(mark)} }));`;
    const args = ['--conditions=@orch/source', '--input-type=module', '-e', script];
    const child = spawn(process.execPath, args, { detached: true, env: { ORCH_STEP_KEY: key } });
    expect(String(await once(child.stdout, 'data'))).toBe('stranger\n');
  });
});

test.each([
  [-3_000, 'stranger'],
  [8_000, 'ended'],
  [13_000, 'stranger'],
] as const)('a start that was noted %i ms after it makes a %s', async (late, end) => {
  const { pgid, startedAt } = await startGroup(parrot);
  expect(await endGroup(pgid, { startedAt: shifted(startedAt, late) })).toBe(end);
});

test.each([0, 1, -1, 1.5, NaN])('%d is no group that could be ended', async (pgid) => {
  await expect(endGroup(pgid, { startedAt: anHourAgo })).rejects.toMatchObject({ code: 'usage' });
});

test('a time that is none is refused before anything is ended', async () => {
  const { pgid, lives } = await startGroup(parrot);
  await expect(endGroup(pgid, { startedAt: 'yesterday' })).rejects.toMatchObject({ code: 'usage' });
  await lives();
});
