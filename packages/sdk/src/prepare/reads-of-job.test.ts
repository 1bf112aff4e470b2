import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { listRuns, plan, planResume, prepareResume, prepareRun, resume, run } from '../index.ts';

test('a glob that finds nothing is told before the run, unless a step before may make the files', async () => {
  const place = openPlace({
    first: { run: 'true', reads: ['docs/*', 'none/*'] },
    then: { run: 'true', reads: ['made/*'], needs: ['first'] },
  });
  const prepared = await prepareRun('job.yaml', place);
  expect(prepared.notes).toEqual([`warning: steps.first.reads: no file fits none/* in ${place.cwd}`]);
  await prepared.close();
});

test('a file that is read by name, and is not there, is refused before anything runs', async () => {
  const place = openPlace({ a: { run: 'true', reads: ['docs/a.md', 'none.csv'] } });
  await expect(run('job.yaml', place).result).rejects.toMatchObject({
    code: 'spec',
    exit: 2,
    details: { problems: [{ message: 'steps.a.reads[1]: no such file: none.csv', line: 1 }] },
  });
  expect(listRuns(join(place.cwd, 'runs'))).toEqual([]);
});

test('what is read outside the folder of the job is told before the run, also with a template elsewhere', async () => {
  const place = openPlace({
    a: { run: 'true', reads: ['../*.none', 'docs/../docs/*'] },
    b: { each: { files: '{{ vars.where }}/*' }, run: 'true' },
  });
  const prepared = await prepareRun('job.yaml', { ...place, vars: { where: '..' } });
  expect(prepared.notes).toContain(`warning: steps.a.reads: ../*.none is outside the folder of the job, ${place.cwd}`);
  expect(prepared.notes).toHaveLength(2);
  await prepared.close();
});

test.each([
  ['runs', 'is that folder'],
  ['./runs/site', 'is in it'],
])('outputs are not copied to where runs are: %s', async (dir, how) => {
  const { cwd, env } = openPlace({});
  writeFileSync(join(cwd, 'job.yaml'), JSON.stringify({ output_dir: dir, steps: { a: { run: 'true' } } }));
  const message = expect.stringContaining(`${join(cwd, 'runs')}; ${JSON.stringify(dir)} ${how}`) as string;
  await expect(prepareRun('job.yaml', { cwd, env })).rejects.toMatchObject({ code: 'spec', message });
  await expect(plan('job.yaml', { cwd, env })).rejects.toMatchObject({ code: 'spec', message });
  await (await prepareRun('job.yaml', { cwd, env, runsDir: tempDir() })).close();
});

test('so it is when a run goes on, here or elsewhere, whose folder has to have it', async () => {
  const steps = {
    a: { uses: './code.mjs', reads: ['docs/a.md', 'code.mjs'] },
    wall: { run: 'false', needs: ['a'] },
  };
  const place = openPlace(steps);
  const { dir, jobId } = await run('job.yaml', place).result;
  const elsewhere = tempDir();
  const copy = join(elsewhere, 'runs', jobId);
  cpSync(dir, copy, { recursive: true });
  rmSync(join(copy, 'inputs/origin.json'));
  rmSync(join(place.cwd, 'docs/a.md'));
  const refusal = (folder: string) => ({ code: 'not_found', exit: 2, details: { folder, missing: [missing] } });
  const missing = { step: 'a', path: 'docs/a.md' };
  const files = join(copy, 'inputs/files');
  await expect(planResume(dir)).rejects.toMatchObject(refusal(place.cwd));
  await expect(prepareResume(copy)).rejects.toMatchObject(refusal(files));
  mkdirSync(join(files, 'docs'), { recursive: true });
  writeFileSync(join(files, 'docs/a.md'), 'A');
  const { status, manifest } = await resume(jobId, { cwd: elsewhere }).result;
  expect([status, manifest.failures.map(({ step }) => step)]).toEqual(['failed', ['wall']]);
});

function openPlace(steps: object) {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'docs'));
  writeFileSync(join(cwd, 'docs/a.md'), 'A');
  writeFileSync(join(cwd, 'code.mjs'), 'export default () => 1;');
  writeFileSync(join(cwd, 'job.yaml'), JSON.stringify({ steps }));
  return { cwd, env: { PATH: process.env['PATH'] } };
}
