import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, expectTypeOf, test } from 'vitest';
import { resume, run } from '../index.ts';
import { defineJob } from './define-job.ts';

test('a run of a job that succeeded has the outputs that the job returns', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'a.md'), 'A');
  writeFileSync(join(cwd, 'b.md'), 'B');
  const job = defineJob({ project: 'p', vars: { who: 'you' } }, (j) => {
    const ask = j.llm('ask', { prompt: j.t`Hello ${j.vars.who}` });
    const pages = j.shell('pages', {
      each: { files: '*.md' },
      run: (item) => j.t`cat ${item.path}; echo ${item.name} >&2`,
    });
    const keep = j.files('keep', { write: { 'all.txt': j.t`${pages.output}` } });
    const large = j.shell('large', { run: 'head -c 20000 /dev/zero | tr "\\\\0" x' });
    return {
      said: ask,
      pages: pages.output,
      item: pages.items[1]!.item.name,
      heard: pages.items.last.stderr,
      file: keep.files.first.text,
      path: keep.files[0]!.path,
      large: large.output,
      code: large.exitCode,
      text: j.t`${pages.output.size} pages for ${j.vars.who}`,
      nothing: pages.items[7]!.key,
      list: [keep.status, 'plain'],
    };
  });
  const handle = run(job, { cwd, provider: 'echo', vars: { who: 'me' } });
  const types: string[] = [];
  for await (const { type } of handle) types.push(type);
  const result = await handle.result;
  expect(types.at(-1)).toBe('job.succeeded');
  if (result.status !== 'succeeded') throw new Error(result.status);
  expectTypeOf(result.outputs.pages).toEqualTypeOf<readonly string[]>();
  expect(result.outputs).toEqual({
    said: 'echo: Hello me',
    pages: ['A', 'B'],
    item: 'b.md',
    heard: 'b.md\n',
    file: '["A","B"]',
    path: 'all.txt',
    large: 'x'.repeat(20_000),
    code: 0,
    text: '2 pages for me',
    nothing: null,
    list: ['succeeded', 'plain'],
  });
});

test('a run that failed has no outputs, and one of a part of the job has null for the rest', async () => {
  const options = { cwd: tempDir() };
  const job = defineJob({ project: 'p' }, (j) => [
    j.shell('good', { run: 'echo good' }),
    j.shell('bad', { run: 'exit 3' }),
  ]);
  expect(await run(job, options).result).toMatchObject({ status: 'failed' });
  expect(await run(job, options).result).not.toHaveProperty('outputs');
  expect(await run(job, { ...options, only: 'good' }).result).toMatchObject({ outputs: ['good', null] });
});

test('what is wrong with a job is told by its path in the job, without lines that nobody wrote', async () => {
  const job = defineJob({}, (j) => {
    j.shell('a', { run: 'echo {{ steps.b.output }}', needs: ['c'] });
    j.llm('d', { promptFile: 'd.md' });
  });
  const cwd = tempDir();
  writeFileSync(join(cwd, 'd.md'), 'one\n{{ nope }}');
  await expect(run(job, { cwd, provider: 'echo' }).result).rejects.toMatchObject({
    code: 'spec',
    message: '2 problems in the defined job, one problem in d.md, nothing was run.',
    details: {
      problems: [
        { code: 'template', message: expect.stringMatching(/^steps\.a\.run: no step "b"/) },
        { code: 'unknown_need', message: expect.stringMatching(/^steps\.a\.needs\[0\]: no step "c"/) },
        { code: 'template', file: 'd.md', line: 2, column: 4 },
      ],
    },
  });
  await run(job, { cwd, provider: 'echo' }).result.catch((error: { details: { problems: object[] } }) => {
    expect(error.details.problems[0]).not.toHaveProperty('line');
  });
});

test('paths count from jobDir, and the run goes on without the code that defined it', async () => {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'lib'));
  writeFileSync(join(cwd, 'lib', 'ask.md'), 'Say {{ vars.word }}');
  const job = defineJob({ project: 'p', vars: { word: 'yes' } }, (j) => {
    const ask = j.llm('ask', { promptFile: 'ask.md' });
    return j.shell('go', { run: j.t`test -e go && echo ${ask.output}`, retry: 0 });
  });
  const failed = run(job, { cwd, jobDir: 'lib', provider: 'echo' });
  expect(await failed.result).toMatchObject({ status: 'failed' });
  expect(JSON.parse(readFileSync(join(failed.dir, 'inputs', 'spec.json'), 'utf8'))).toEqual(job.spec);
  writeFileSync(join(cwd, 'lib', 'go'), '');
  const { status, manifest } = await resume(failed.jobId, { cwd, provider: undefined }).result;
  expect([status, manifest.steps['go']?.output?.inline]).toEqual(['succeeded', 'echo: Say yes']);
});
