import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { step, write } from '../testing/plan.ts';
import { resumeJob, runJob } from '../testing/run-job.ts';

const made = [
  write('docs', { 'docs/a.md': 'A', 'docs/deep/b.md': 'B', 'top.txt': 'T' }),
  write('other', { 'o.md': 'O' }),
];

const publish = (fields: readonly JsonObject[], more: JsonObject = {}) =>
  step('out', { kind: 'files', needs: ['docs'], fields: { publish: fields, ...more } });

async function published(fields: readonly JsonObject[], more: JsonObject = {}) {
  const ran = await runJob([...made, publish(fields, more)], { runsDir: tempDir(), durability: 'relaxed' });
  const { result, events } = ran;
  const end = events.find((event) => event.type === 'step.succeeded' && event.step === 'out');
  const files = end?.type === 'step.succeeded' && !('sha256' in end.data.files) ? end.data.files : [];
  const paths = files.map(({ path }) => path.replace(/^outputs\/[^/]+\//, ''));
  return { ...ran, paths, message: result.manifest.failures[0]?.message ?? '' };
}

describe('files that needed steps made', () => {
  test.each([
    ['as they are', [{ from: 'top.txt' }, { from: 'docs/*.md' }], ['top.txt', 'docs/a.md']],
    ['under another name', [{ from: 'docs/a.md', to: 'first.md' }], ['first.md']],
    ['in a folder', [{ from: 'docs/a.md', to: 'final/' }], ['final/a.md']],
    [
      'in a folder, below which they keep their places',
      [{ from: 'docs/**', to: 'final/' }],
      ['final/a.md', 'final/deep/b.md'],
    ],
    ['all of them', [{ from: '**/*.md', to: 'final/' }], ['final/docs/a.md', 'final/docs/deep/b.md']],
  ])('are published %s', async (_, fields, paths) => {
    expect((await published(fields)).paths).toEqual(paths);
  });

  test('are put beside what the step writes itself, byte for byte', async () => {
    const { dir, paths } = await published([{ from: 'docs/a.md', to: 'x/' }], { write: { 'i.md': 'I' } });
    expect(paths).toEqual(['i.md', 'x/a.md']);
    expect(readFileSync(join(dir, 'outputs/test/x/a.md'), 'utf8')).toBe('A');
  });

  test.each([
    [
      'a path that none of them made',
      [{ from: 'o.md' }],
      'Expected a needed step to have made o.md: they made docs/a.md,',
    ],
    ['a glob that fits none', [{ from: '*.pdf' }], 'Expected a needed step to have made *.pdf: they made docs/a.md,'],
    ['several for one', [{ from: 'docs/**', to: 'x.md' }], 'Expected one file for x.md, docs/** fits 2'],
    ['a target outside', [{ from: 'top.txt', to: '../x.md' }], '../x.md'],
  ])('fail the step for %s', async (_, fields, message) => {
    expect((await published(fields)).message).toContain(message);
  });

  test('are published anew when one of them has changed', async () => {
    const settings = { durability: 'relaxed' } as const;
    const fields = [{ from: 'top.txt', to: 'final/' }];
    const { dir } = await published(fields);
    const [, other] = made as [unknown, (typeof made)[number]];
    const changed = write('docs', { 'top.txt': 'changed' });
    const { events } = await resumeJob(dir, [changed, other, publish(fields)], settings);
    expect(events.flatMap(({ type, step: id }) => (type === 'step.started' ? [id] : []))).toEqual(['docs', 'out']);
    expect(readFileSync(join(dir, 'outputs/test/final/top.txt'), 'utf8')).toBe('changed');
  });
});
