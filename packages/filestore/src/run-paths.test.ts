import { expect, test } from 'vitest';
import { basePaths, runPaths } from './run-paths.ts';

const run = runPaths('/runs', 'job_0123456789ab');

test('a run folder is laid out as its page says', () => {
  const { outputs, log, ...plain } = run;
  expect(plain).toEqual({
    ...basePaths('/runs'),
    dir: '/runs/job_0123456789ab',
    events: '/runs/job_0123456789ab/events.jsonl',
    manifest: '/runs/job_0123456789ab/manifest.json',
    lock: '/runs/job_0123456789ab/run.lock',
    owner: '/runs/job_0123456789ab/owner.json',
    inbox: '/runs/job_0123456789ab/inbox',
    inputs: '/runs/job_0123456789ab/inputs',
    origin: '/runs/job_0123456789ab/inputs/origin.json',
    artifacts: '/runs/job_0123456789ab/artifacts',
    cache: '/runs/job_0123456789ab/.cache',
  });
  expect(basePaths('/runs')).toEqual({
    base: '/runs',
    latest: '/runs/latest',
    ledger: '/runs/.ledger.db',
    sharedCache: '/runs/.cache',
  });
  expect(outputs('notes')).toBe(`${run.dir}/outputs/notes`);
  expect([log('build'), log('each', 'docs/a.md')]).toEqual([
    `${run.dir}/logs/build.log`,
    `${run.dir}/logs/each/docs/a.md.log`,
  ]);
});

test('items of any name have logs of their own inside the run', () => {
  const items = ['../../../etc/passwd', '/etc/passwd', 'con', 'a\nb', 'a\rb', '', 'x'.repeat(500), 'x'.repeat(501)];
  const logs = items.map((item) => run.log('step', item));
  expect(new Set(logs).size).toBe(items.length);
  for (const log of logs) expect(log).toMatch(/^\/runs\/job_0123456789ab\/logs\/step\/[a-z0-9_-]*\.log$/);
});

test('ids that lead elsewhere are refused', () => {
  const refused = expect.objectContaining({ code: 'unsafe_path' }) as Error;
  for (const name of ['..', 'a/b', '', '/etc', 'a\0']) {
    expect(() => runPaths('/runs', name)).toThrow(refused);
    expect(() => run.outputs(name)).toThrow(refused);
    expect(() => run.log(name)).toThrow(refused);
  }
});
