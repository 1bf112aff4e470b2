import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRun, run } from '@orch/sdk';
import type { Manifest, ReadRun } from '@orch/sdk';
import { tempDir } from '@orch/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeRun } from './describe-run.ts';
import type { Terminal } from '../terminal/terminal.ts';

const terminal = { paint: (_: unknown, text: string) => text } as Terminal;
let ended: ReadRun;

beforeAll(async () => {
  const cwd = tempDir(afterAll);
  writeFileSync(join(cwd, 'job.yaml'), 'steps: { ask: { prompt: Say hello. } }');
  ended = await readRun((await run('job.yaml', { cwd, provider: 'echo' }).result).dir);
});

test('calls whose answer was lost are told, where there are any', () => {
  expect(linesOf(ended.manifest).join('\n')).not.toContain('in doubt');
  const lines = linesOf({ ...ended.manifest, costs: { ...ended.manifest.costs, in_doubt: 2 } });
  expect(lines.slice(1, 3)).toEqual([
    expect.stringMatching(/^provider echo.*, 1 call, /),
    'in doubt: 2 calls without an answer, may have been paid for',
  ]);
});

test('calls of a run that asked nobody itself are those of the runs that it began', () => {
  expect(linesOf({ ...ended.manifest, provider: null })[1]).toMatch(/^1 call, ~\d+ tokens in, ~\d+ out$/);
});

test('of very many steps those that did not succeed come first, in the order of the plan', () => {
  const plain = ended.manifest.steps['ask']!;
  const steps = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`s${n}`, plain]));
  const lines = linesOf({ ...ended.manifest, steps: { ...steps, s90: { ...plain, status: 'failed' } } });
  const rows = lines.filter((line) => /^ {2}\w+ +s\d+ /.test(line));
  expect(rows).toHaveLength(40);
  expect(rows.at(-1)).toContain('failed     s90');
  expect(lines).toContain('  … and 60 more: 60 succeeded');
});

test('the runs that its steps began are named with their states, of very many first those that did not succeed', () => {
  const child = (n: number) => ({ job_id: `job_${n}`, step: 'sub', item: `i${n}`, status: 'succeeded' as const });
  const last = { job_id: 'job_25', step: 'other', status: undefined };
  const children = [...Array.from({ length: 25 }, (_, n) => child(n)), last];
  const lines = describeRun({ ...ended, children }, terminal).filter((line) => /↳|more/.test(line));
  expect([lines[0], ...lines.slice(-2)]).toEqual([
    '  ↳  job_0   succeeded  step sub i0',
    '  ↳  job_25  not here   step other',
    '  … and 6 more',
  ]);
});

test('a run that a step of another one began says so', () => {
  const parent = { job_id: 'job_0123456789ab', step: 'sub', item: 'a' };
  expect(linesOf({ ...ended.manifest, parent })[1]).toBe('begun by step sub a of job_0123456789ab');
});

function linesOf(manifest: Manifest): string[] {
  return describeRun({ ...ended, manifest }, terminal);
}
