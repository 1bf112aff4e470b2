import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { diffRuns, run } from '../index.ts';

const reads = ['docs/*'];
const steps = {
  read: { run: 'cat docs/*', reads },
  kept: { run: 'wc -c docs/*', reads, cache: 'on', writes: [] },
  pages: { each: { files: 'docs/*' }, run: 'echo {{ item.text }}' },
  after: { run: 'cat docs/* {{ steps.read.status }} || true', reads, needs: ['read'] },
};

test('of files that changed, those are named whose digests were kept, else those that changed on disc since', async () => {
  const cwd = tempDir();
  const write = (name: string, text: string) => writeFileSync(join(cwd, name), text);
  const begin = async () => (await run('job.yaml', { cwd }).result).dir;
  mkdirSync(join(cwd, 'docs'));
  write('job.yaml', JSON.stringify({ steps }));
  write('docs/same.md', 'same');
  write('docs/a.md', 'a');
  write('docs/gone.md', 'gone');
  const first = await begin();
  write('docs/a.md', 'other');
  rmSync(join(cwd, 'docs/gone.md'));
  const second = await begin();

  const isFile = { is: 'changed', parts: ['files read'] };
  const digest = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
  const onDisc = { now: ['docs/a.md', 'docs/same.md'], since: ['docs/a.md'] };
  const a = { field: 'file docs/a.md', before: digest, now: digest };
  const told = async () => {
    const { units } = await diffRuns(first, second);
    return Object.fromEntries(units.map(({ step, item = '', ...unit }) => [step + item.replace('docs/', ' '), unit]));
  };
  const expected = {
    read: { ...isFile, changes: [], reads: onDisc },
    kept: { ...isFile, changes: [a, { field: 'file docs/gone.md', before: digest }] },
    pages: { is: 'changed', parts: ['items'], changes: [] },
    'pages a.md': { ...isFile, changes: [a] },
    'pages same.md': { is: 'same' },
    after: { is: 'changed', parts: ['need', 'files read'], changes: [], reads: onDisc },
  };
  expect(await told()).toMatchObject(expected);
  write('docs/a.md', 'once more');
  expect(await told()).toMatchObject({ ...expected, after: { parts: ['need'], reads: onDisc } });
});
