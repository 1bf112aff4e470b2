import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askRun, findRun } from '@orch/sdk';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { cli, place } from '../testing/command-line.ts';

const free = { question: 'Go?' };
const by = 'ada';

test('of a fan-out only its items are asked about', async () => {
  const { code, prompts } = await run({ fan: { each: ['a', 'b'], question: 'Item {{ item }}?' } }, () => '');
  expect([code, prompts]).toEqual([3, 2]);
});

test('an answer that is none of the options is met with those there are', async () => {
  const lines = ['some', 'all'];
  const { code, out } = await run({ ask: { ...free, options: ['all', 'part'] } }, () => lines.shift());
  expect([code, out]).toEqual([0, expect.arrayContaining(['expected one of all, part'])]);
});

test.each([
  ['Yes', 0, ''],
  ['n', 1, undefined],
  ['no hurry', 0, 'no hurry'],
])('without options %j ends it with %i', async (line, code, kept) => {
  const steps = { ask: free, keep: { write: { 'a.md': '{{ steps.ask.output.answer }}' } } };
  const ran = await run(steps, () => line);
  expect(ran.code).toBe(code);
  expect(ran.out).toContain('Write yes, no or an answer in words; Enter alone leaves it waiting.');
  const file = join(ran.cwd, 'runs/latest/outputs/p/a.md');
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(kept);
});

test('a question that was answered elsewhere is taken away, and the run goes on', async () => {
  const steps = { ask: free, keep: { write: { 'a.md': '{{ steps.ask.output.answer }}' } } };
  const { cwd, code, out } = await run(steps, async (signal, dir) => {
    await askRun(dir, { kind: 'answer', step: 'ask', granted: true, answer: 'from afar', by });
    return aborted(signal);
  });
  expect([code, out]).toEqual([0, expect.arrayContaining(['ask asks no more: ada answered it elsewhere.'])]);
  expect(readFileSync(join(cwd, 'runs/latest/outputs/p/a.md'), 'utf8')).toBe('from afar');
});

test('so is one to a run that was canceled elsewhere, which ends there', async () => {
  const { out, prompts } = await run({ ask: free }, async (signal, dir) => {
    await askRun(dir, { kind: 'cancel', reason: 'enough', by });
    return aborted(signal);
  });
  expect([prompts, out]).toEqual([1, expect.arrayContaining(['ask asks no more: the run was canceled.'])]);
});

test('a question that expires is taken away, and its step fails', async () => {
  const { code, out } = await run({ ask: { ...free, expires_s: 0.5 } }, aborted);
  expect([code, out]).toEqual([
    1,
    expect.arrayContaining([expect.stringMatching(/^ask asks no more: it expired at 20/)]),
  ]);
});

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}

type Answering = (signal: AbortSignal, dir: string) => Promise<string | undefined> | string | undefined;

/** Runs a job in front of a person who answers each prompt like this. */
async function run(steps: object, answer: Answering) {
  const cwd = place(tempDir(), JSON.stringify({ project: 'p', steps }));
  const ran = await cli(['run'], cwd, (signal) => answer(signal, findRun(join(cwd, 'runs'), undefined)));
  return { ...ran, cwd };
}
