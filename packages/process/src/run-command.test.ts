import { tempDir } from '@orch/testkit';
import { chmodSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { commandEnv } from './command-env.ts';
import type { CommandOptions, StartedCommand } from './command.ts';
import { runCommand } from './run-command.ts';

const env = commandEnv(process.env);
const shell = (script: string, more: Partial<CommandOptions> = {}) =>
  runCommand('/bin/sh', ['-c', script], { cwd: '/', env, ...more });
const node = (script: string, more: Partial<CommandOptions> = {}) =>
  runCommand(process.execPath, ['-e', script], { cwd: '/', env, ...more });
const failing = (code: string, ...words: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(words.join('.*'))) }) as Error;

/** A program that is connected to the test for as long as it lives, and how to learn of both. */
async function witness(then = '') {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const met = new Promise<{ socket: Socket; gone: Promise<void> }>((resolve) => {
    server.once('connection', (socket) => {
      const gone = new Promise<void>((resolve) =>
        socket
          .once('close', resolve)
          .on('error', () => {})
          .resume(),
      );
      resolve({ socket, gone });
    });
  });
  onTestFinished(() => void met.then(({ socket }) => socket.destroy()));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  // Ends by itself when the test is over.
  const script = `const wire = require('net').connect(${port}, '127.0.0.1'); wire.on('close', () => process.exit()); ${then}`;
  const lives = async () => {
    const { socket } = await met;
    const echo = once(socket, 'data');
    socket.write('alive?');
    return String(await echo) === 'alive?';
  };
  return { script, met, lives, command: `'${process.execPath}' -e "${script}"` };
}

/** A program that starts another and ends. */
const leave = (script: string, how: object) =>
  `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], ${JSON.stringify(how)}).unref()`;

const ignoreTerm = `process.on('SIGTERM', () => {});`;

describe('a command that ends by itself', () => {
  test('is told with its exit code and both of its outputs', async () => {
    const result = await shell('echo out; echo grün >&2; exit 3');
    expect(result).toEqual({
      status: 'exited',
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'grün\n',
      truncated: false,
      durationMs: expect.any(Number),
      pid: expect.any(Number),
    });
  });

  test('is told by its signal when one ended it', async () => {
    expect(await shell('echo before; kill -9 $$')).toMatchObject({
      status: 'signaled',
      signal: 'SIGKILL',
      stdout: 'before\n',
    });
  });

  test('gets its arguments, folder and environment exactly as given', async () => {
    const cwd = tempDir();
    const print = 'console.log(JSON.stringify([process.argv.slice(1), process.cwd(), process.env]))';
    const args = ['$HOME', '*', 'a b', ''];
    const result = await runCommand(process.execPath, ['-e', print, '--', ...args], { cwd, env: { ONLY: 'this' } });
    expect(JSON.parse(result.stdout)).toEqual([args, cwd, { ONLY: 'this' }]);
  });
});

describe('stdin', () => {
  test('is fed only when onStart is done, which knows the process and its group', async () => {
    const order: string[] = [];
    let started: StartedCommand | undefined;
    const result = await shell('read line; echo "$$ $line"', {
      stdin: 'hello\n',
      async onStart(command) {
        started = command;
        await new Promise((resolve) => setTimeout(resolve, 50));
        order.push('onStart done');
      },
      onOutput: () => order.push('answer'),
    });
    expect(order).toEqual(['onStart done', 'answer']);
    expect(result.stdout).toBe(`${started?.pid} hello\n`);
    expect(started?.pgid).toBe(result.pid);
    expect(new Date(started!.startedAt).toISOString()).toBe(started?.startedAt);
  });

  test('need not be read', async () => {
    expect(await shell('exit 4', { stdin: 'x'.repeat(5_000_000) })).toMatchObject({ exitCode: 4 });
  });

  test('is at its end at once when there is none', async () => {
    expect(await shell('cat; echo end')).toMatchObject({ stdout: 'end\n' });
  });
});

describe('a command that takes too long', () => {
  test('may say good-bye within the grace', async () => {
    const script = `process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); setInterval(() => {}, 1e6); console.log('up')`;
    let sent = false;
    const controller = new AbortController();
    const result = await node(script, {
      signal: controller.signal,
      graceMs: 60_000,
      onOutput() {
        if (!sent) controller.abort();
        sent = true;
      },
    });
    expect(result).toMatchObject({ status: 'aborted', stdout: 'up\nbye\n' });
  });

  test('is killed after the grace, with all that it started', async () => {
    const child = await witness(ignoreTerm);
    const script = `trap '' TERM; ${child.command} >/dev/null 2>&1 & echo up; while :; do sleep 1; done`;
    const result = await shell(script, { timeoutMs: 400, graceMs: 100 });
    expect(result).toMatchObject({ status: 'timed_out', stdout: 'up\n' });
    expect(result.durationMs).toBeGreaterThan(450);
    await (
      await child.met
    ).gone;
  });

  test('is not over while something it started in its group outlives TERM', async () => {
    const child = await witness(ignoreTerm);
    const controller = new AbortController();
    const aborted = child.met.then(() => {
      controller.abort();
      return performance.now();
    });
    const result = await shell(`${child.command} >/dev/null 2>&1 & wait`, { signal: controller.signal, graceMs: 200 });
    expect(result.status).toBe('aborted');
    expect(performance.now() - (await aborted)).toBeGreaterThan(190);
    await (
      await child.met
    ).gone;
  });

  test('has all the time there is under a timeout beyond what timers can hold', async () => {
    expect(await shell('sleep 0.1', { timeoutMs: 1e12 })).toMatchObject({ status: 'exited' });
  });

  test('is ended also when the signal aborts while it starts', async () => {
    const controller = new AbortController();
    const running = shell('exec sleep 60', { signal: controller.signal });
    controller.abort();
    expect((await running).status).toBe('aborted');
  });

  test('is not started when the signal has aborted before', async () => {
    let started = false;
    const result = await shell('true', { signal: AbortSignal.abort(), onStart: () => void (started = true) });
    expect(result).toMatchObject({ status: 'aborted', pid: undefined });
    expect(started).toBe(false);
  });
});

describe('what a command leaves behind', () => {
  test('in its group, holding the output, is ended and does not hold up the result', async () => {
    const child = await witness(ignoreTerm);
    const result = await shell(`${child.command} & read -r _; echo started`, {
      graceMs: 100,
      stdin: 'go\n',
      onStart: async () => void (await child.met),
    });
    expect(result).toMatchObject({ status: 'exited', exitCode: 0, stdout: 'started\n' });
    await (
      await child.met
    ).gone;
  });

  test.each([
    ['in its group but not holding the output', { detached: false, stdio: 'ignore' }],
    ['in a group of its own, even holding the output,', { detached: true, stdio: 'inherit' }],
  ])('%s lives on', async (_, how) => {
    const child = await witness('wire.pipe(wire);');
    const result = await node(leave(child.script, how), { graceMs: 100 });
    expect(result).toMatchObject({ status: 'exited', exitCode: 0 });
    expect(await child.lives()).toBe(true);
  });

  test('lives on also when the caller fails after the command is over', async () => {
    const child = await witness('wire.pipe(wire);');
    const running = node(leave(child.script, { detached: false, stdio: 'ignore' }), {
      async onStart({ pid }) {
        await child.met;
        await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
        throw new Error('late');
      },
    });
    await expect(running).rejects.toThrow('late');
    expect(await child.lives()).toBe(true);
  });
});

describe('output', () => {
  test('over the limit keeps its first and last part and says what is missing', async () => {
    const script = `process.stdout.write('first' + '.'.repeat(300_000) + 'last'); process.stderr.write('short')`;
    const result = await node(script, { maxOutput: 10 });
    expect(result).toMatchObject({ truncated: true, stderr: 'short' });
    expect(result.stdout).toBe('first\n[… 299999 bytes left out …]\n.last');
  });

  test('is passed on as it comes, from each stream by its name', async () => {
    const heard: string[] = [];
    const onOutput = (text: string, from: string) => heard.push(`${from}: ${text}`);
    await shell('echo one; read wait; echo two >&2', { stdin: '\n', onOutput, maxOutput: 0 });
    expect(heard).toEqual(['stdout: one\n', 'stderr: two\n']);
  });
});

test.each(['onStart', 'onOutput'])('an error of %s ends the command and is thrown', async (hook) => {
  const child = await witness(`wire.on('connect', () => console.log('up'));`);
  const fault = new Error('disc full');
  const hooks: Partial<CommandOptions> = {
    onStart: () => child.met.then(() => Promise.reject(fault)),
    onOutput() {
      throw fault;
    },
  };
  await expect(node(child.script, { graceMs: 100, [hook]: hooks[hook as 'onStart'] })).rejects.toBe(fault);
  await (
    await child.met
  ).gone;
});

describe('a command that cannot start is told apart:', () => {
  const start = (file: string, more: Partial<CommandOptions> = {}) => runCommand(file, [], { cwd: '/', env, ...more });

  test('there is no such program', async () => {
    await expect(start('no-such-tool')).rejects.toThrow(failing('command_missing', 'no-such-tool', 'PATH'));
    await expect(start('no-such-tool', { env: {} })).rejects.toThrow(failing('command_missing', 'no PATH'));
    await expect(start('./no-such-tool')).rejects.toThrow(failing('command_missing', 'no such file'));
  });

  test('its folder is missing or is none', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'file'), '');
    await expect(start('true', { cwd: join(dir, 'absent') })).rejects.toThrow(
      failing('command_missing', 'absent does not exist'),
    );
    await expect(start('true', { cwd: join(dir, 'file') })).rejects.toThrow(
      failing('command_missing', 'file is not a folder'),
    );
  });

  test('it is no executable file', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'script'), '#!/bin/sh\n');
    await expect(start('./script', { cwd })).rejects.toThrow(
      failing('command_missing', 'script is not an executable file'),
    );
    await expect(start('script', { cwd, env: { PATH: cwd } })).rejects.toThrow(
      failing('command_missing', 'not an executable'),
    );
    await expect(start('/')).rejects.toThrow(failing('command_missing', 'not an executable file'));
  });

  test('the program in its first line is missing', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'script'), '#!/no/such/interpreter\n');
    chmodSync(join(cwd, 'script'), 0o755);
    await expect(start('./script', { cwd })).rejects.toThrow(failing('command_missing', 'first line'));
  });

  test('the system would not take its name or arguments', async () => {
    await expect(start('')).rejects.toThrow(failing('usage'));
    await expect(shell('a\0b')).rejects.toThrow(failing('usage'));
    await expect(shell(`: ${'x'.repeat(5_000_000)}`)).rejects.toThrow(failing('io', 'E2BIG'));
  });
});
