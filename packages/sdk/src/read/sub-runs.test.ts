import { hash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askRun, exportRun, importRun, listRuns, newestRunOf, readRun, resume, run, verifyRun } from '../index.ts';

const files = {
  'job.yaml': `
project: p
provider: echo
steps:
  parts: { each: { list: [a, b], key: '{{ item }}' }, spec: sub/part.yaml, vars: { name: '{{ item }}' } }
  plain: { spec: plain.yaml }
  asking: { spec: sub/asking.yaml, needs: [parts] }
  end: { needs: [asking, plain], write: { end.md: '{{ steps.parts.output | json }}' } }
`,
  'sub/part.yaml': `
vars: { name: '' }
steps: { say: { prompt: 'Say {{ vars.name }}.' }, code: { uses: ./code.mjs, needs: [say] } }
`,
  'sub/code.mjs': 'export default () => 1;\n',
  'sub/asking.yaml': `
steps:
  inner: { spec: inner.yaml }
`,
  'sub/inner.yaml': `
steps:
  code: { uses: ./code.mjs }
  ok: { question: 'Fine?', needs: [code] }
`,
  'plain.yaml': 'steps: { say: { run: echo plain } }',
};

let cwd = '';
let jobId = '';

beforeAll(async () => {
  cwd = join(tempDir(afterAll), 'here');
  mkdirSync(join(cwd, 'sub'), { recursive: true });
  for (const [path, content] of Object.entries(files)) writeFileSync(join(cwd, path), content);
  const ended = await run('job.yaml', { cwd, env: { PATH: process.env['PATH'] } }).result;
  expect(ended).toMatchObject({ status: 'waiting' });
  jobId = basename(ended.dir);
});

describe('the runs of sub-jobs', () => {
  test('are told with the run whose steps began them', async () => {
    const { children } = await readRun(dirOf());
    const asking = childOf('asking');
    expect(children.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))).toEqual([
      { job_id: asking, step: 'asking', status: 'waiting' },
      { job_id: childOf('parts', 'a'), step: 'parts', item: 'a', status: 'succeeded' },
      { job_id: childOf('parts', 'b'), step: 'parts', item: 'b', status: 'succeeded' },
      { job_id: childOf('plain'), step: 'plain', status: 'succeeded' },
    ]);
    const { manifest } = await readRun(dirOf(childOf('inner', undefined, asking)));
    expect(manifest.parent).toEqual({ job_id: asking, step: 'inner' });
  });

  test('are told also when a manifest is gone', async () => {
    const base = copy();
    const before = listRuns(base);
    for (const { job_id: id } of before) rmSync(join(base, id, 'manifest.json'));
    expect(listRuns(base)).toEqual(before);
  });

  test('are not what the newest run of their job file is', async () => {
    const search = { cwd, finished: true };
    expect(await newestRunOf(join(cwd, 'runs'), 'sub/part.yaml', search)).toBeUndefined();
    expect(await newestRunOf(join(cwd, 'runs'), 'job.yaml', search)).toBe(dirOf());
  });
});

describe('verifying a run verifies those that its steps began', () => {
  test('and names them', async () => {
    const verified = await verifyRun(dirOf());
    const inner = childOf('inner', undefined, childOf('asking'));
    const ids = verified.ok ? verified.value.children.map((child) => child.jobId) : [];
    expect(ids.toSorted()).toEqual(listRuns(join(cwd, 'runs')).flatMap(({ job_id, parent }) => (parent?.job_id === jobId ? [job_id] : [])).toSorted()); // prettier-ignore
    const asking = verified.ok ? verified.value.children.find((child) => child.jobId === childOf('asking')) : undefined;
    expect(asking?.children.map((child) => child.jobId)).toEqual([inner]);
  });

  test.each<[string, (child: string) => void, string]>([
    ['is gone', (child) => rmSync(child, { recursive: true }), 'expected the folder of a run, found none'],
    [
      'has other bytes',
      (child) => appendFileSync(join(child, 'inputs', 'plan.json'), '1'),
      'the plan of the last attempt',
    ],
    ['is that of another run', (child) => strange(child), 'found one that job_000000000000 began'],
    ['has a torn middle', (child) => tear(join(child, 'events.jsonl')), 'is not whole'],
  ])('one that %s is told', async (_, spoil, words) => {
    const base = copy();
    const child = childOf('parts', 'b');
    spoil(join(base, child));
    const verified = await verifyRun(join(base, jobId));
    const message = verified.ok ? '' : verified.error.message;
    expect(message).toContain(words);
    expect(message).toContain(child);
    expect(message).toContain('item b of step parts');
    await expect(exportRun(join(base, jobId), join(base, 'r.tgz'))).rejects.toMatchObject({ code: 'corrupt_log' });
  });

  test('one that its process died before it could begin need not be there', async () => {
    const base = copy();
    const log = join(base, jobId, 'events.jsonl');
    const lines = readFileSync(log, 'utf8').split('\n');
    const linked = lines.findIndex((line) => line.includes('"job.linked"'));
    writeFileSync(log, lines.slice(0, linked + 1).join('\n') + '\n');
    rmSync(join(base, jobId, 'manifest.json'));
    const { job_id: child } = (JSON.parse(lines[linked] ?? '') as { data: { job_id: string } }).data;
    rmSync(join(base, child), { recursive: true });
    expect(await verifyRun(join(base, jobId))).toMatchObject({ ok: true, value: { children: [] } });
  });
});

test('a run is exported with those that its steps began, and goes on elsewhere without doing what they did again', async () => {
  const there = tempDir();
  const { file } = await exportRun(dirOf(), join(there, 'run.tgz'));
  const base = join(there, 'runs');
  const imported = await importRun(file, { runsDir: base });
  expect(imported.children.map(({ dir }) => dirname(dir))).toEqual(imported.children.map(() => base));
  expect(listRuns(base).map(({ job_id: id }) => id)).toEqual(listRuns(join(cwd, 'runs')).map(({ job_id: id }) => id));
  renameSync(cwd, `${cwd}.gone`);
  try {
    const done = ['a', 'b'].map((item) => join(base, childOf('parts', item, jobId, base), 'events.jsonl'));
    const before = done.map((path) => readFileSync(path, 'utf8'));
    const options = { cwd: there, env: { PATH: process.env['PATH'] } };
    expect(await resume(jobId, options).result).toMatchObject({ status: 'waiting' });
    await askRun(join(base, jobId), { kind: 'answer', step: 'asking', granted: true, by: 'me' });
    const ended = await resume(jobId, options).result;
    expect(ended).toMatchObject({ status: 'succeeded', manifest: { steps: { parts: { attempts: 1 } } } });
    expect(done.map((path) => readFileSync(path, 'utf8'))).toEqual(before);
    expect(await verifyRun(ended.dir)).toMatchObject({ ok: true });
    expect(existsSync(join(ended.dir, 'outputs/p/end.md'))).toBe(true);
  } finally {
    renameSync(`${cwd}.gone`, cwd);
  }
});

test('a run is not imported where one that its steps began is there already, and nothing is left behind', async () => {
  const base = join(tempDir(), 'runs');
  const { file } = await exportRun(dirOf(), join(tempDir(), 'run.tgz'));
  mkdirSync(join(base, childOf('plain')), { recursive: true });
  await expect(importRun(file, { runsDir: base })).rejects.toMatchObject({ code: 'usage' });
  expect(listRuns(base)).toEqual([]);
  expect(existsSync(join(base, jobId))).toBe(false);
});

function dirOf(id = jobId): string {
  return join(cwd, 'runs', id);
}

function childOf(step: string, item?: string, of = jobId, base = join(cwd, 'runs')): string {
  const found = listRuns(base).find(
    ({ parent }) => parent?.job_id === of && parent.step === step && parent.item === item,
  );
  return found?.job_id ?? '';
}

function nameOf({ step, item = '' }: { readonly step: string; readonly item?: string | undefined }): string {
  return `${step} ${item}`;
}

/** All runs, in a folder of their own. */
function copy(): string {
  const base = join(tempDir(), 'runs');
  cpSync(join(cwd, 'runs'), base, { recursive: true, verbatimSymlinks: true });
  return base;
}

/** The same run, as if another one had begun it. */
function strange(child: string): void {
  const log = join(child, 'events.jsonl');
  let prev = '0'.repeat(64);
  const lines = readFileSync(log, 'utf8').trimEnd().replaceAll(jobId, 'job_000000000000').split('\n');
  const chained = lines.map((line) => {
    const whole = JSON.stringify({ ...(JSON.parse(line) as object), prev });
    prev = hash('sha256', `${whole}\n`);
    return `${whole}\n`;
  });
  writeFileSync(log, chained.join(''));
  rmSync(join(child, 'manifest.json'));
}

function tear(log: string): void {
  const lines = readFileSync(log, 'utf8').split('\n');
  writeFileSync(log, lines.toSpliced(2, 1).join('\n'));
}
