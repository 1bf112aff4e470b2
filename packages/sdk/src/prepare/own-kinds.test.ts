import { cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { diffRuns, exportRun, importRun, planResume, resume, run } from '../index.ts';

const job = `
project: p
kinds: [./shout.mjs]
steps:
  stop: { run: 'test -e {{ vars.go }}', retry: 0 }
  loud: { kind: shout, text: 'on {{ vars.go }}', needs: [stop] }
vars: { go: GO }
`;
const kind = `
import { up } from './up.mjs';
const safeParse = (value) =>
  typeof value?.text === 'string'
    ? { success: true, data: value }
    : { success: false, error: { issues: [{ path: ['text'], message: 'expected some text' }] } };
export default {
  kind: 'shout', version: 1, input: { safeParse }, fingerprint: (input) => input,
  run: async ({ text }) => ({ status: 'succeeded', output: up(text) }),
};
`;

describe('a run whose job has kinds of its own', () => {
  test('goes on with them, and not with code that has changed since', async () => {
    const { cwd, go, options } = place();
    const { jobId, status } = await run('job.yaml', options).result;
    expect(status).toBe('failed');
    go();
    writeFileSync(join(cwd, 'shout.mjs'), kind.replace('up(text)', "up(text) + '!'"));
    await expect(resume(jobId, options).result).rejects.toMatchObject({ code: 'conflict' });
    const { manifest } = await resume(jobId, { ...options, spec: 'job.yaml' }).result;
    expect(manifest.steps['loud']?.output?.inline).toMatch(/^ON .*GO!$/);
  });

  test.each([
    [
      'its code',
      'main.mjs',
      kind.replace("from './up.mjs'", "from './lib/up.mjs'").replace('up(text)', "up(text) + '!'"),
    ],
    ['a file that its code imports', 'lib/up.mjs', 'export const up = (text) => `${text}!`;\n'],
    ['its version', 'package.json', packageOf('1.0.1')],
  ])('from a package, goes on with them unless %s has changed since', async (_, path, content) => {
    const { cwd, go, options } = place();
    const folder = join(cwd, 'node_modules', 'shouting');
    mkdirSync(join(folder, 'lib'), { recursive: true });
    writeFileSync(join(cwd, 'job.yaml'), job.replace('./shout.mjs', 'shouting').replace('go: GO', `go: '${go.path}'`));
    writeFileSync(join(folder, 'package.json'), packageOf('1.0.0'));
    writeFileSync(join(folder, 'main.mjs'), kind.replace("from './up.mjs'", "from './lib/up.mjs'"));
    writeFileSync(join(folder, 'lib/up.mjs'), 'export const up = (text) => text.toUpperCase();\n');
    const first = await run('job.yaml', options).result;
    const second = await run('job.yaml', options).result;
    go();
    expect((await resume(first.jobId, options).result).manifest.steps['loud']?.output?.inline).toMatch(/^ON .*GO$/);
    writeFileSync(join(folder, path), content);
    await expect(resume(second.jobId, options).result).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Expected shouting as it was when the run was planned') as string,
    });
    expect((await resume(second.jobId, { ...options, spec: 'job.yaml' }).result).status).toBe('succeeded');
  });

  test.each([
    [
      'exported',
      async (dir: string, to: string) =>
        void (await importRun((await exportRun(dir, join(to, 'r.tgz'))).file, { runsDir: join(to, 'runs') })),
    ],
    ['copied', async (dir: string, to: string) => cpSync(dir, join(to, 'runs', basename(dir)), { recursive: true })],
  ])('goes on where it was %s to, without the folder of the job', async (_, move) => {
    const { cwd, go, options } = place();
    const { jobId, dir } = await run('job.yaml', options).result;
    const there = tempDir();
    await move(dir, there);
    go();
    renameSync(cwd, `${cwd}.gone`);
    const elsewhere = { ...options, cwd: there };
    const moved = join(there, 'runs', jobId);
    await expect(diffRuns(moved, moved)).resolves.toMatchObject({ same: true });
    expect((await planResume(moved, elsewhere)).plan.units.map(({ step }) => step)).toEqual(['stop', 'loud']);
    const { status, manifest } = await resume(jobId, elsewhere).result;
    expect([status, manifest.steps['loud']?.output?.inline]).toEqual(['succeeded', expect.stringMatching(/^ON .*GO$/)]);
  });
});

test.each([
  [
    'a field that a kind refuses',
    job.replace("text: 'on {{ vars.go }}'", 'text: 3'),
    'steps.loud.text: expected some text',
  ],
  ['a kind that nobody brings', job.replace('kind: shout', 'kind: shuot'), 'did you mean "shout"?'],
  [
    'a module without a kind',
    job.replace('shout.mjs', 'up.mjs'),
    'expected ./up.mjs to export a step kind, or a list of them',
  ],
])('%s is told before anything runs', async (_, text, message) => {
  const { cwd, options } = place();
  writeFileSync(join(cwd, 'job.yaml'), text);
  const problems = [
    expect.objectContaining({
      line: expect.any(Number) as number,
      message: expect.stringContaining(message) as string,
    }),
  ];
  await expect(run('job.yaml', options).result).rejects.toMatchObject({ code: 'spec', details: { problems } });
});

function packageOf(version: string): string {
  return JSON.stringify({ name: 'shouting', version, exports: './main.mjs' });
}

function place() {
  const flag = join(tempDir(), 'GO');
  const cwd = join(tempDir(), 'job');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'job.yaml'), job.replace('go: GO', `go: '${flag}'`));
  writeFileSync(join(cwd, 'shout.mjs'), kind);
  writeFileSync(join(cwd, 'up.mjs'), 'export const up = (text) => text.toUpperCase();\n');
  const env = { PATH: process.env['PATH'] };
  const go = Object.assign(() => writeFileSync(flag, ''), { path: flag });
  return { cwd, go, options: { cwd, env, durability: 'relaxed' } as const };
}
