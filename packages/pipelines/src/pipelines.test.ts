import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '@orch/testkit';
import { describePipeline } from './describe-pipeline.ts';
import { ejectPipeline } from './eject-pipeline.ts';
import { findPipeline, requirePipeline } from './find-pipeline.ts';
import { pipelineNames, pipelineTraits } from './pipelines.ts';
import { findWrongChoice } from './wrong-choice.ts';

test.each(pipelineNames)('every parameter of %s is explained, and every file of it is used', async (name) => {
  const { text, jobDir } = requirePipeline(name);
  const { parameters } = await describePipeline({ text });
  expect(parameters.filter(({ about }) => about === '')).toEqual([]);
  const known = parameters.map((parameter) => parameter.name);
  expect(known).toEqual(expect.arrayContaining([...(pipelineTraits[name].outputFiles ?? [])]));
  const files = readdirSync(jobDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const all = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n');
  for (const { name: file } of files.filter((entry) => entry.name !== 'job.yaml')) expect(all).toContain(`/${file}`);
});

test.each(pipelineNames)('what a parameter of %s may be, its default is and its comment says', async (name) => {
  const { parameters } = await describePipeline(requirePipeline(name));
  for (const [choosing, choices] of Object.entries(pipelineTraits[name].choices ?? {})) {
    const { byDefault, about = '' } = parameters.find((parameter) => parameter.name === choosing) ?? {};
    expect(choices).toContain(byDefault);
    for (const choice of choices) expect(about).toContain(choice);
  }
});

test('a value that is none of those there are is told with them, of a pipeline that has such a parameter', () => {
  const why = 'one of low, medium, high, critical, none, got `nope`';
  expect(findWrongChoice('review', { base: 'nope', fail_on: 'nope' })).toEqual({ parameter: 'fail_on', why });
  expect(findWrongChoice('review', { fail_on: 'none' })).toBeUndefined();
  expect(findWrongChoice('docs', { fail_on: 'nope' })).toBeUndefined();
  expect(findWrongChoice('toString', { fail_on: 'nope' })).toBeUndefined();
});

test('parameters have the comment above them, and steps what they do', async () => {
  const text = [
    '# A pipeline',
    'vars:',
    '  # What to',
    '  # compare with.',
    "  base: ''",
    '  # How many.',
    '  most: 5',
    '  # Which.',
    '  which: [a, b]',
    'steps:',
    '  # Look.',
    '  look: { uses: ./look.mjs }',
    '  keep: { write: { a: b } }',
  ].join('\n');
  expect(await describePipeline({ text })).toEqual({
    parameters: [
      { name: 'base', byDefault: '', about: 'What to compare with.' },
      { name: 'most', byDefault: 5, about: 'How many.' },
      { name: 'which', byDefault: ['a', 'b'], about: 'Which.' },
    ],
    steps: [
      { id: 'look', does: 'uses ./look.mjs' },
      { id: 'keep', does: 'write' },
    ],
  });
});

test('a copy has all files and a task, and replaces nothing unless told to', () => {
  const dir = tempDir();
  const paths = ejectPipeline('software', dir, { task: 'Say "hi"' });
  expect(paths).toEqual(expect.arrayContaining(['job.yaml', 'project-type.mjs', 'prompts/qa.md']));
  const job = (): string => readFileSync(join(dir, 'job.yaml'), 'utf8');
  expect(job()).toMatch(/^# Build[^]*\n\ntask_description: "Say \\"hi\\""\n\nvars:\n/);
  expect(() => ejectPipeline('software', dir)).toThrow(
    `Expected no file in the way in ${dir}, found job.yaml and ${paths.length - 1} more: nothing was written.`,
  );
  ejectPipeline('software', dir, { force: true });
  expect(job()).toContain('task_description: "Create a notes app');
});

test('there is no pipeline of another name', () => {
  expect(findPipeline('toString')).toBeUndefined();
  expect(() => requirePipeline('reveiw')).toThrow(
    'Expected the name of a pipeline (software, review, docs, refactor), got `reveiw`.',
  );
});
