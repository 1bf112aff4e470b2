import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock, tempDir } from '@orch/testkit';
import { expect, test, vi } from 'vitest';
import { callOf, hiderOf, isAlive, noSignal, open, rawServer, sdkServer } from './testing/open.ts';

const failed = (message: RegExp) => ({ code: 'tool_failed', message: expect.stringMatching(message) });

test('a server that dies in a call tells how and its last words, and is started again when listed', async () => {
  const servers = open({ hider: hiderOf('words') });
  await servers.list(sdkServer, noSignal);
  const before = await callOf(servers, sdkServer, 'pid');
  const other = callOf(servers, sdkServer, 'hang');
  const ends = /^Expected the server tests to be there, it exited with 3\.\nfirst \*\*\*\nlast \*\*\*$/;
  await expect(callOf(servers, sdkServer, 'die')).rejects.toMatchObject({ ...failed(ends), retryable: true });
  await expect(other).rejects.toMatchObject(failed(ends));
  await expect(callOf(servers, sdkServer, 'pid')).rejects.toMatchObject(failed(ends));
  expect((await servers.list(sdkServer, noSignal)).length).toBeGreaterThan(5);
  expect(await callOf(servers, sdkServer, 'pid')).not.toEqual(before);
});

test.for([
  ['exits at once', 'console.error("no licence"); process.exit(7)', /it exited with 7\.\nno licence$/],
  ['is killed', 'process.kill(process.pid, "SIGKILL")', /it was ended by SIGKILL\.$/],
  ['closes its output', 'require("fs").closeSync(1); setTimeout(() => {}, 60_000)', /it closed its output\.$/],
  [
    'closes its input',
    'process.stdin.destroy(); setTimeout(() => process.exit(4), 100)',
    /reads no more|exited with 4/,
  ],
  [
    'speaks another version',
    'read((m) => m.id === undefined || reply(m, { ...hello, protocolVersion: "1.0" }))',
    /version is not supported: 1\.0$/,
  ],
  ['refuses', 'read((m) => write({ id: m.id, error: { code: -32603, message: "not today" } }))', /not today$/],
] as const)('one that %s cannot be used, and says why', async ([_, code, message]) => {
  const servers = open();
  await expect(servers.list(rawServer(code), noSignal)).rejects.toMatchObject(failed(message));
});

test('a command or folder that is not there is not tried again', async () => {
  const servers = open();
  const start = (where: object) =>
    servers.list({ name: 'fs', where: { command: 'no-such-program', ...where } }, noSignal);
  await expect(start({})).rejects.toMatchObject({ ...failed(/start the server fs: spawn no-such-program ENOENT/), retryable: false }); // prettier-ignore
  await expect(start({ cwd: 'nowhere' })).rejects.toMatchObject(failed(/working folder .*nowhere does not exist/));
});

test('one that never answers is given up when its time is over, with what it said instead', async () => {
  const clock = new FakeClock();
  const servers = open({ clock, limits: { startMs: 5_000 } });
  const dir = tempDir();
  const silent = rawServer('console.log("Server ready"); require("fs").writeFileSync("said", ""); process.stdin.resume()', { cwd: dir }); // prettier-ignore
  const listed = servers.list(silent, noSignal);
  listed.catch(() => undefined);
  await vi.waitFor(() => expect(existsSync(join(dir, 'said')) && clock.sleeping).toBeTruthy());
  await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.advance(5_000);
  await expect(listed).rejects.toMatchObject(
    failed(/shake hands within 5 s, it did not\.\n.* no message: Server ready/),
  );
});

test('what is no message is passed over', async () => {
  const servers = open();
  const noisy = rawServer(`console.log('Ready.\\n{"half": \\n[1]\\n\\n"x"'); serve((m) => { console.log('calling'); reply(m, said('ok')); });`); // prettier-ignore
  expect((await servers.list(noisy, noSignal)).map(({ name }) => name)).toEqual(['t']);
  expect(await callOf(servers, noisy, 't')).toEqual({ text: 'ok', isError: false });
});

test('all pages are listed, once; what is no tool is none', async () => {
  const servers = open();
  const paged = rawServer(`
    let pages = 0;
    read((m) => {
      if (m.method === 'initialize') return reply(m, hello);
      if (m.method !== 'tools/list') return;
      pages++;
      const page = Number(m.params?.cursor ?? 0);
      const more = page < 2 ? { nextCursor: String(page + 1) } : {};
      reply(m, { tools: [{ name: 't' + page + '_' + pages }, { title: 'nameless' }, null], ...more });
    });`);
  const names = ['t0_1', 't1_2', 't2_3'];
  const [first, second] = await Promise.all([servers.list(paged, noSignal), servers.list(paged, noSignal)]);
  expect(first.map(({ name }) => name)).toEqual(names);
  expect(second).toBe(first);
  expect(first[0]).toEqual({ name: 't0_1', inputSchema: { type: 'object' } });
});

test('a list without end, and one that a server does not have', async () => {
  const servers = open();
  const endless = rawServer(`read((m) => m.id === undefined || reply(m, m.method === 'initialize' ? hello : { tools: [], nextCursor: 'x' }))`); // prettier-ignore
  await expect(servers.list(endless, noSignal)).rejects.toMatchObject(failed(/a list of tools with an end/));
  const none = rawServer(`read((m) => m.method === 'initialize' ? reply(m, hello) : m.id === undefined || write({ id: m.id, error: { code: -32601, message: 'Method not found' } }))`); // prettier-ignore
  expect(await servers.list({ ...none, name: 'none' }, noSignal)).toEqual([]);
});

test('a call that takes too long, or is not waited for any more, is canceled at the server', async () => {
  const clock = new FakeClock();
  const servers = open({ clock, limits: { callMs: 1_000 } });
  const dir = tempDir();
  const silent = rawServer(`const { appendFileSync } = require('node:fs'); serve(() => appendFileSync('calls', 'called '), (m) => m.method === 'notifications/cancelled' && appendFileSync('calls', 'canceled '));`, { cwd: dir }); // prettier-ignore
  const said = () => (existsSync(join(dir, 'calls')) ? readFileSync(join(dir, 'calls'), 'utf8') : '');
  const stop = new AbortController();
  const first = servers.call(silent, { name: 't', args: {} }, noSignal);
  await vi.waitFor(() => expect(said()).toBe('called '));
  await clock.advance(1_000);
  expect(await first).toEqual({ text: 't gave no answer within 1 s, and was canceled.', isError: true });
  const second = servers.call(silent, { name: 't', args: {} }, stop.signal);
  await vi.waitFor(() => expect(said()).toBe('called canceled called '));
  stop.abort();
  await expect(second).rejects.toMatchObject({ code: 'canceled' });
  await vi.waitFor(() => expect(said()).toBe('called canceled called canceled '));
});

test('a message of over 32 MB is the end of who sends it', async () => {
  const servers = open();
  const huge = rawServer(`serve(() => { const much = 'x'.repeat(1 << 20); for (let i = 0; i < 40; i++) process.stdout.write(much); });`); // prettier-ignore
  await expect(callOf(servers, huge, 't')).rejects.toMatchObject(failed(/a message of over 32 MB\.$/));
});

test('one that is still starting is ended by the close', async () => {
  const servers = open();
  const dir = tempDir();
  const slow = rawServer(`require('node:fs').writeFileSync('pid', String(process.pid)); process.stdin.resume()`, { cwd: dir }); // prettier-ignore
  const listed = servers.list(slow, noSignal);
  listed.catch(() => undefined);
  await vi.waitFor(() => expect(existsSync(join(dir, 'pid')) && readFileSync(join(dir, 'pid'), 'utf8')).toBeTruthy());
  await servers.close();
  expect(isAlive(Number(readFileSync(join(dir, 'pid'), 'utf8')))).toBe(false);
  await expect(listed).rejects.toMatchObject({ code: 'canceled' });
});
