import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { foldLog, openLog, toManifest } from './index.ts';
import { a, jobId, jobStarted, output, start, success } from './testing/sample-events.ts';

async function written() {
  const path = join(tempDir(), 'events.jsonl');
  const log = await openLog(path, { jobId, durability: 'relaxed' });
  log.push('step.skipped', { reason: 'job_failed' }, { step: 's' });
  await log.append('step.canceled', { reason: 'user' }, { step: 's' });
  await log.close();
  return { path, last: log.last };
}

test('a log folds to the state of its run, up to its last whole line', async () => {
  const { path, last } = await written();
  writeFileSync(path, '{"seq":3', { flag: 'a' });
  const { state, last: read, tail } = foldLog(path, { known: { jobId, steps: ['s', 't'] }, watermark: last });
  expect([state.seq, [...state.steps.keys()], read]).toEqual([2, ['s', 't'], last]);
  expect(tail).toMatchObject({ line: 3, bytes: 8, whole: false });
});

test('an empty log is a run that has not begun, a missing one is not_found', () => {
  const path = join(tempDir(), 'events.jsonl');
  expect(() => foldLog(path)).toThrow(expect.objectContaining({ code: 'not_found' }));
  writeFileSync(path, '');
  expect(foldLog(path).state).toMatchObject({ status: 'pending', attempt: 0, seq: 0 });
});

test('a long output is read from the log when it is asked for, and only while its line stands there', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const log = await openLog(path, { jobId, durability: 'relaxed' });
  log.push('job.started', jobStarted());
  log.push('step.started', start(), { step: 's' });
  const data = { ...success(), output: { ...output(), inline: 'ü"\\\n'.repeat(1_000) } };
  log.push('step.succeeded', data, { step: 's' });
  log.push('cache.miss', { cache_key: a, changed: [] }, { step: 's' });
  await log.close();
  for (const watermark of [log.last, undefined]) {
    const { state } = foldLog(path, { watermark });
    const step = state.steps.get('s');
    expect([state.misfits, step?.status, step?.inputHash, step?.durationS]).toEqual([[], 'succeeded', a, 0.5]);
    expect([step?.success?.seq, step?.success?.data]).toEqual([3, data]);
    expect(toManifest(state, log.last).steps['s']).toMatchObject({ output: data.output });
  }
  const { state } = foldLog(path);
  const text = readFileSync(path, 'utf8');
  for (const changed of [text.slice(10), text.replace('"seq":3', '"seq":5')]) {
    writeFileSync(path, changed);
    expect(() => state.steps.get('s')?.success?.data).toThrow(`${path}:3: expected its line at byte`);
  }
});

test('damage before the watermark is corrupt_log', async () => {
  const { path, last } = await written();
  writeFileSync(path, readFileSync(path, 'utf8').replace('"seq":2', '"seq":7'));
  expect(() => foldLog(path, { watermark: last })).toThrow(`${path}:2: expected seq 2, got 7`);
});

test('the entry for browsers reaches no module of Node', () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    for (const [, from = ''] of source.matchAll(/^(?:import|export) (?!type)[^;]*? from '(.+?)';/gm)) {
      if (from.startsWith('.')) visit(join(dirname(file), from));
      else expect(['@orch/lifecycle', '@orch/contracts']).toContain(from);
    }
  };
  visit(join(import.meta.dirname, 'fold.ts'));
  expect(seen.size).toBeGreaterThan(5);
});
