import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { runCli } from './run-cli.ts';
import type { Terminal } from './terminal/terminal.ts';

test('--retry-failed asks the provider of the run again about a failure that the run went on without', async () => {
  const x = { prompt: 'hi', output: 'json', retry: 0, repair: { rounds: 0 }, on_failure: 'continue' };
  const cwd = withJob(JSON.stringify({ provider: 'echo', steps: { x } }));
  expect((await cli(['run'], cwd)).code).toBe(0);
  const { out } = await cli(['resume', 'latest', '--retry-failed'], cwd);
  expect(out.join('\n')).toMatch(/x \(bad_answer.*echo \(sample 1\): hi/);
});

test('the hint how to go on repeats --limit', async () => {
  const { out } = await cli(['run', '--limit', '2'], withJob('steps: { a: { run: "exit 1" } }'));
  expect(out.at(-1)).toMatch(/^resume {2}orch resume job_\w+ --limit 2$/);
});

test.each(['--only', '--from'])('%s given twice is refused, not taken for the last', async (flag) => {
  const { code, err } = await cli(['run', flag, 'b', flag, 'c'], withJob('steps: { b: { run: ls }, c: { run: ls } }'));
  expect([code, err[0]]).toEqual([2, `error: Expected ${flag} once, got ${flag} b and ${flag} c.`]);
});

test('an imported run without files beside its job runs its commands', async () => {
  const steps = { ask: { question: 'ok?' }, c: { needs: ['ask'], run: 'pwd' } };
  const cwd = withJob(JSON.stringify({ steps }), join(tempDir(), 'home'));
  expect((await cli(['run'], cwd)).code).toBe(3);
  expect((await cli(['export', '-o', 'run.tar.gz'], cwd)).code).toBe(0);
  renameSync(cwd, `${cwd}-gone`);
  const away = tempDir();
  for (const argv of [
    ['import', `${cwd}-gone/run.tar.gz`],
    ['approve', 'latest', 'ask', '--answer', 'yes'],
    ['resume', 'latest'],
  ]) {
    expect(await cli(argv, away)).toMatchObject({ code: 0, err: [] });
  }
});

function withJob(text: string, cwd = tempDir()): string {
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'job.yaml'), text);
  return cwd;
}

async function cli(argv: readonly string[], cwd: string) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    cwd,
    env: { PATH: process.env['PATH'] },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    paint: (_, text) => text,
    attend: () => () => undefined,
  };
  return { code: await runCli(argv, terminal), out, err };
}
