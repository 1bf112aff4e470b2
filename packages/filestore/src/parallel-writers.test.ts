import { tempDir } from '@orch/testkit';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

type Terms = { readonly root: string; readonly mode: string; readonly rounds: number };

/** Two processes that write the same paths at the same moments; what each of them was told. */
async function race(terms: Terms): Promise<string[][]> {
  const writers = ['left', 'right'].map((name) => startWriter({ ...terms, name }));
  await Promise.all(writers.map((writer) => once(writer.stderr, 'data'))); // both are ready
  for (const writer of writers) writer.stdin.end('go');
  const told = await Promise.all(writers.map((writer) => text(writer.stdout)));
  return told.map((line) => JSON.parse(line) as string[]);
}

function startWriter(terms: Terms & { readonly name: string }) {
  const script = `
    const { openFiles } = await import(${JSON.stringify(new URL('./files.ts', import.meta.url).href)});
    const { root, mode, rounds, name } = ${JSON.stringify(terms)};
    const files = openFiles(root, { durability: 'relaxed' });
    const told = [];
    console.error('ready');
    process.stdin.once('data', () => {
      for (let round = 0; round < rounds; round++) {
        const content = name.repeat(500) + (mode === 'overwrite' ? round : '');
        try { told.push(files.write('f' + (round % 50), content, { mode }).reason); }
        catch (error) { told.push(error.code); }
      }
      console.log(JSON.stringify(told));
    });`;
  const flags = ['--conditions=@orch/source', '--disable-warning=ExperimentalWarning', '--input-type=module'];
  return spawn(process.execPath, [...flags, '-e', script], { stdio: 'pipe' });
}

test('parallel overwriting ends with exactly one of the contents and nothing left over', async () => {
  const root = join(tempDir(), 'outputs');
  const rounds = 500;
  const told = await race({ root, mode: 'overwrite', rounds });
  expect(told.flat().every((reason) => ['created', 'overwritten'].includes(reason))).toBe(true);
  const names = readdirSync(root);
  expect(names).toHaveLength(50);
  for (const name of names) {
    const last = rounds - 50 + Number(name.slice(1));
    const either = ['left', 'right'].map((writer) => writer.repeat(500) + last);
    expect(either).toContain(readFileSync(join(root, name), 'utf8'));
  }
});

test('parallel creation has one winner for each file, and the other is told of the conflict', async () => {
  const root = join(tempDir(), 'outputs');
  const [left = [], right = []] = await race({ root, mode: 'create_new', rounds: 50 });
  const names = readdirSync(root);
  expect(names).toHaveLength(50);
  for (const [round, toLeft] of left.entries()) {
    expect([toLeft, right[round]].sort()).toEqual(['conflict', 'created']);
    const winner = toLeft === 'created' ? 'left' : 'right';
    expect(readFileSync(join(root, `f${round}`), 'utf8')).toBe(winner.repeat(500));
  }
});
