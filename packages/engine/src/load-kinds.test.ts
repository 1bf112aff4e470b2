import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestModule } from '@orch/spec';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { askRun, explainResume, loadKinds } from './index.ts';
import { jobOf, step } from './testing/plan.ts';
import { resumeJob, runJob } from './testing/run-job.ts';

const parts = {
  kind: "'echo_kind'",
  version: '1',
  input: '{ safeParse: (data) => ({ success: true, data }) }',
  fingerprint: '(input) => input',
  run: 'async (input) => ({ status: "succeeded", output: input.say })',
};

function objectOf(changes: Record<string, string | undefined> = {}): string {
  const fields = Object.entries({ ...parts, ...changes }).filter(([, code]) => code !== undefined);
  return `{ ${fields.map(([name, code]) => `${name}: ${code}`).join(', ')} }`;
}

function folderWith(files: Record<string, string>): string {
  const dir = tempDir();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return dir;
}

describe('kinds are loaded', () => {
  test('from a file, counted from the folder of the job: one, or a list', async () => {
    const dir = folderWith({
      'one.mjs': `export default ${objectOf()};`,
      'lib/two.mjs': `export default [${objectOf()}, ${objectOf({ kind: "'other'" })}];`,
    });
    expect((await loadKinds('./one.mjs', dir)).map(({ kind }) => kind)).toEqual(['echo_kind']);
    expect((await loadKinds('./lib/two.mjs', dir)).map(({ kind }) => kind)).toEqual(['echo_kind', 'other']);
    expect((await loadKinds('../two.mjs', join(dir, 'lib', 'deep'))).map(({ kind }) => kind)).toHaveLength(2);
  });

  test('from a package that is installed where the job stands, also one that is only to be imported', async () => {
    const dir = folderWith({
      'node_modules/orch-kinds/package.json': '{"name":"orch-kinds","type":"module","exports":{"import":"./main.js"}}',
      'node_modules/orch-kinds/main.js': `export default ${objectOf()};`,
    });
    expect((await loadKinds('orch-kinds', join(dir, 'jobs')))[0]?.kind).toBe('echo_kind');
  });

  test.each([
    ['exports nothing as default', 'export const kind = 1;', 'got undefined'],
    ['exports an empty list', 'export default [];', 'got an empty list'],
    ['exports a function', 'export default () => 1;', 'got function'],
    ['has a bad name', `export default ${objectOf({ kind: "'Bad Name'" })};`, 'one whose `kind` is "Bad Name"'],
    ['has no version', `export default ${objectOf({ version: undefined })};`, 'one whose `version` is undefined'],
    ['has no schema', `export default ${objectOf({ input: '{}' })};`, 'one whose `input` has no `safeParse`'],
    [
      'has no fingerprint',
      `export default ${objectOf({ fingerprint: undefined })};`,
      'without a function `fingerprint`',
    ],
    ['has no run', `export default ${objectOf({ run: '1' })};`, 'without a function `run`'],
    ['has an odd flag', `export default ${objectOf({ asks: '1' })};`, '`asks` or `scoped`'],
    ['takes the name of a built-in one', `export default ${objectOf({ kind: "'shell'" })};`, 'a built-in kind has it'],
    ['throws when it is loaded', 'throw new Error("no database");', 'can be loaded: no database'],
    ['cannot be parsed', 'export default {', 'can be loaded'],
  ])('never from what %s', async (_, code, message) => {
    const dir = folderWith({ 'kinds.mjs': code });
    await expect(loadKinds('./kinds.mjs', dir)).rejects.toMatchObject({
      code: 'spec',
      message: expect.stringContaining(message),
    });
  });

  test('with a hint for a file written like a package', async () => {
    const dir = folderWith({ 'kinds/index.mjs': `export default ${objectOf()};` });
    await expect(loadKinds('kinds', dir)).rejects.toMatchObject({
      hint: 'npm install kinds; a file is written as ./ and its path',
    });
  });
});

describe('a job that names its kinds', () => {
  const steps = [step('a', { kind: 'echo_kind', fields: { say: 'hello' } })];

  async function ready(code = `export default ${objectOf()};`) {
    const jobDir = folderWith({ 'kinds.mjs': code });
    const digest = await digestModule('./kinds.mjs', { jobDir, readFile: async () => code });
    const kinds = [{ from: './kinds.mjs', code_sha256: digest.ok ? digest.value : '' }];
    return { jobDir, plan: { kinds } };
  }

  test('runs with them, and who looks at it later knows them too', async () => {
    const job = await ready();
    const { result, dir } = await runJob(steps, { ...job, runsDir: tempDir() });
    expect(result.manifest.steps['a']).toMatchObject({ status: 'succeeded', output: { inline: 'hello' } });
    const { units } = await explainResume(dir, jobOf(steps, job.plan, job.jobDir));
    expect(units).toMatchObject([{ step: 'a', will: 'reuse' }]);
  });

  test('is refused when their code is not what it was compiled with, before anything runs', async () => {
    const job = await ready();
    const { dir } = await runJob(steps, { ...job, runsDir: tempDir() });
    writeFileSync(join(job.jobDir, 'kinds.mjs'), `export default ${objectOf({ version: '2' })};`);
    await expect(resumeJob(dir, steps, job)).rejects.toMatchObject({ code: 'conflict' });
    await expect(runJob(steps, { ...job, runsDir: tempDir() })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is canceled also when their code is gone', async () => {
    const job = await ready();
    const asking = [...steps, step('ok', { kind: 'approve', fields: { question: 'Go?' } })];
    const { dir } = await runJob(asking, { ...job, runsDir: tempDir() });
    rmSync(join(job.jobDir, 'kinds.mjs'));
    expect(await askRun(dir, { kind: 'cancel', reason: 'enough', by: 'me' })).toBe('here');
  });

  test('is refused when two of them have one name', async () => {
    const { jobDir, plan } = await ready();
    const twice = { kinds: [...plan.kinds, ...plan.kinds] };
    await expect(runJob(steps, { jobDir, plan: twice, runsDir: tempDir() })).rejects.toMatchObject({
      code: 'spec',
      message: expect.stringContaining('echo_kind is taken'),
    });
  });
});
