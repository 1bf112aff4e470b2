import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  diffRuns,
  explainStep,
  exportRun,
  graphOfRun,
  importRun,
  readLog,
  readRun,
  resume,
  run,
  verifyRun,
} from '../index.ts';

const pad = 'x'.repeat(9_000);
const files = {
  'job.yaml': `
project: p
provider: echo
steps:
  late: { uses: ./late.mjs, needs: [early] }
  early: { run: 'true' }
  more: { uses: ./more.mjs }
`,
  'late.mjs': "export default ({ addSteps }) => addSteps({ b: { prompt: 'B', cache: 'off' } });\n",
  'more.mjs': `export default ({ addSteps }) => addSteps({ a: { run: 'echo ${pad}' }, z: { run: 'test -e go', needs: ['a'], retry: 0 } });\n`,
};

let cwd = '';
let dir = '';
const options = { env: { PATH: process.env['PATH'] } };

beforeAll(async () => {
  cwd = tempDir(afterAll);
  for (const [path, content] of Object.entries(files)) writeFileSync(join(cwd, path), content);
  ({ dir } = await run('job.yaml', { ...options, cwd }).result);
});

test('steps that joined a run are steps of it for all who look', async () => {
  const { manifest, status } = await readRun(dir);
  expect(status).toBe('failed');
  const states = {
    more: 'succeeded',
    early: 'succeeded',
    late: 'succeeded',
    a: 'succeeded',
    z: 'failed',
    b: 'succeeded',
  };
  expect(Object.fromEntries(Object.entries(manifest.steps).map(([id, step]) => [id, step.status]))).toEqual(states);
  rmSync(join(dir, 'manifest.json'));
  expect((await readRun(dir)).manifest).toEqual(manifest);
  expect((await graphOfRun(dir)).plan.steps.map(({ id }) => id)).toEqual(Object.keys(manifest.steps));
  expect((await diffRuns(dir, dir)).units.map(({ step }) => step).toSorted()).toEqual(Object.keys(states).toSorted());
  expect((await explainStep(dir, 'b')).questions).toMatchObject([{ cache: 'miss', passedOver: 'off' }]);
});

test('they go along to another machine, where those that succeeded are not done again', async () => {
  const there = tempDir();
  const { file } = await exportRun(dir, join(there, 'run.tgz'));
  const imported = await importRun(file, { runsDir: join(there, 'runs') });
  const ended = await resume(basename(imported.dir), { ...options, cwd: there }).result;
  expect(ended).toMatchObject({ status: 'failed', manifest: { steps: { b: { attempts: 1 }, z: { attempts: 2 } } } });
  expect(await verifyRun(ended.dir)).toMatchObject({ ok: true });
});

test('that they are gone is found by whoever verifies the run', async () => {
  const digests: string[] = [];
  for await (const { data } of readLog(join(dir, 'events.jsonl'), { types: ['plan.extended'] })) {
    const { steps } = data as { steps: { sha256: string; inline?: string } };
    if (steps.inline === undefined) digests.push(steps.sha256);
  }
  const [digest = ''] = digests;
  const blob = join(dir, 'artifacts', digest.slice(0, 2), digest);
  expect(readdirSync(dirname(blob))).toContain(digest);
  rmSync(blob);
  const verified = await verifyRun(dir);
  expect(verified.ok ? '' : verified.error.message).toContain('the steps that step more added');
});
