import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import type { Order, Told } from './pay-once-asker.ts';

describe.concurrent('of two processes on one runs folder', () => {
  test('one pays for each question, in each of 50 rounds in which both ask at the same moment', async (context) => {
    let bothAsk = Promise.resolve();
    const world = await openWorld(context, async (prompt) => {
      await bothAsk;
      return `answer to ${prompt}`;
    });
    const askers = [world.start('a'), world.start('b')];
    for (let round = 0; round < 50; round++) {
      const prompts = ['x', 'y', 'z'].map((name) => `${name}${round}`);
      const asked = askers.map((asker) => asker.ask([...prompts, ...prompts]));
      bothAsk = Promise.all(asked.map(({ began }) => began)).then(() => undefined);
      const told = (await Promise.all(asked.map(({ ended }) => ended))).flat();
      const answers = prompts.map((prompt) => `answer to ${prompt}`);
      expect(new Set(told.map(({ value }) => value))).toEqual(new Set(answers));
      expect(told.filter(({ from }) => from === 'computed')).toHaveLength(prompts.length);
      expect(prompts.map((prompt) => world.calls(prompt))).toEqual([1, 1, 1]);
    }
  });

  test('the other pays when the one that is paying is killed', async (context) => {
    const world = await openWorld(context, (_, nth) => (nth === 0 ? silence : 'the answer'));
    const [leader, heir] = [world.start('a'), world.start('b')];
    void leader.ask(['x']);
    await world.called('x');
    const inherited = heir.ask(['x']);
    await inherited.began;
    leader.kill();
    expect(await inherited.ended).toEqual([{ value: 'the answer', from: 'computed' }]);
    expect(world.calls('x')).toBe(2);
    expect(await world.start('c').ask(['x']).ended).toEqual([{ value: 'the answer', from: 'shared' }]);
  });

  test('the other pays when the one that is paying fails, and only that one is told', async (context) => {
    const failing = Promise.withResolvers<never>();
    const world = await openWorld(context, (_, nth) => (nth === 0 ? failing.promise : 'the answer'));
    const [leader, next] = [world.start('a'), world.start('b')];
    const failed = leader.ask(['x']);
    await world.called('x');
    const waiting = next.ask(['x']);
    await waiting.began;
    failing.reject(new Error('broken'));
    expect(await failed.ended).toEqual([{ error: 'status 500' }]);
    expect(await waiting.ended).toEqual([{ value: 'the answer', from: 'computed' }]);
    expect(world.calls('x')).toBe(2);
  });

  test('one that waits may leave, and nobody else does', async (context) => {
    const paying = Promise.withResolvers<string>();
    const world = await openWorld(context, () => paying.promise);
    const [leader, leaving, staying] = [world.start('a'), world.start('b'), world.start('c')];
    const paid = leader.ask(['x']);
    await world.called('x');
    const [left, stayed] = [leaving.ask(['x']), staying.ask(['x'])];
    await Promise.all([left.began, stayed.began]);
    leaving.leave();
    expect(await left.ended).toEqual([{ error: 'left' }]);
    paying.resolve('the answer');
    expect(await paid.ended).toEqual([{ value: 'the answer', from: 'computed' }]);
    expect(await stayed.ended).toEqual([{ value: 'the answer', from: 'in_flight' }]);
    expect(world.calls('x')).toBe(1);
  });
});

const silence = new Promise<never>(() => undefined);

/** The model's answer to the nth equal prompt, from 0; a rejection is status 500. */
type Model = (prompt: string, nth: number) => string | Promise<string>;

/** A runs folder, and this process as the third one, which answers calls and counts them. */
async function openWorld({ onTestFinished }: TestContext, model: Model) {
  const runs = tempDir(onTestFinished);
  const calls = new Map<string, number>();
  const server = createServer(({ url = '' }, response) => {
    const prompt = url.slice(1);
    const nth = calls.get(prompt) ?? 0;
    calls.set(prompt, nth + 1);
    Promise.resolve(model(prompt, nth)).then(
      (answer) => response.end(answer),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    calls: (prompt: string) => calls.get(prompt) ?? 0,
    async called(prompt: string) {
      while (!calls.has(prompt)) await once(server, 'request');
    },
    start: (run: string) => startAsker([join(runs, run, '.cache'), join(runs, '.cache'), url], onTestFinished),
  };
}

type Answers = Exclude<Told, 'asking'>;

function startAsker(args: readonly string[], onTestFinished: TestContext['onTestFinished']) {
  const child = fork(join(import.meta.dirname, 'pay-once-asker.ts'), args, { execArgv: ['--conditions=@orch/source'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [began, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<Answers>()];
  child.on('message', (told: Told) => {
    if (told === 'asking') began.resolve();
    else ended.resolve(told);
  });
  const tell = (order: Order): void => void child.send(order);
  return {
    /** `began` just before it looks for an answer. One question, or several at once, at a time. */
    ask(prompts: readonly string[]) {
      [began, ended] = [Promise.withResolvers(), Promise.withResolvers()];
      tell(prompts);
      return { began: began.promise, ended: ended.promise };
    },
    leave: () => tell('leave'),
    kill: () => void child.kill('SIGKILL'),
  };
}
