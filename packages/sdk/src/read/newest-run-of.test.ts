import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { newestRunOf, resume, run } from '../index.ts';

/** A folder with job files, and the runs that were made of them. */
function openPlace() {
  const cwd = tempDir();
  const runsDir = join(cwd, 'runs');
  const add = (path: string, text: string): void => {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  };
  return {
    cwd,
    runsDir,
    add,
    write: (path: string, project: string, line: string) =>
      add(path, `project: ${project}\nsteps:\n  a: { run: '${line}', retry: 0 }\n`),
    run: async (path: string): Promise<string> => (await run(path, { cwd }).result).dir,
    newest: (path?: string, finished?: true) => newestRunOf(runsDir, path, { cwd, finished }),
  };
}

test('it is the newest one that can go on, of that very file: not of its namesake, nor one that is over', async () => {
  const place = openPlace();
  place.write('a/job.yaml', 'same', 'exit 1');
  place.write('b/job.yaml', 'same', 'exit 1');
  await place.run('a/job.yaml');
  const second = await place.run('a/job.yaml');
  const other = await place.run('b/job.yaml');
  place.write('a/job.yaml', 'same', 'exit 0');
  const finished = await place.run('a/job.yaml');
  const canceled = run('a/job.yaml', { cwd: place.cwd, signal: AbortSignal.abort() });
  await canceled.result;
  expect(await place.newest('a/job.yaml')).toBe(second);
  expect(await place.newest('b/job.yaml')).toBe(other);
  expect(await place.newest('a/job.yaml', true)).toBe(finished);
});

test('there is none of a file that was never run, nor in a folder that is not there', async () => {
  const place = openPlace();
  place.write('job.yaml', 'p', 'exit 0');
  expect(await place.newest('job.yaml')).toBeUndefined();
  await place.run('job.yaml');
  expect(await place.newest('job.yaml')).toBeUndefined();
  expect(await place.newest('other.yaml')).toBeUndefined();
});

test('a file is the same by whatever path it is named, also by none', async () => {
  const place = openPlace();
  place.write('job.yaml', 'p', 'exit 1');
  const dir = await place.run('job.yaml');
  symlinkSync(place.cwd, join(tempDir(), 'link'));
  const linked = join(tempDir(), 'link');
  symlinkSync(place.cwd, linked);
  for (const name of [undefined, './job.yaml', join(linked, 'job.yaml')]) expect(await place.newest(name)).toBe(dir);
});

test('a run that came from another machine is one of a file of the same project, or of the same text', async () => {
  const place = openPlace();
  place.write('job.yaml', 'p', 'exit 1');
  place.write('other.yaml', 'q', 'exit 1');
  const dir = await place.run('job.yaml');
  comesFromElsewhere(dir);
  expect(await place.newest('job.yaml')).toBe(dir);
  expect(await place.newest('other.yaml')).toBeUndefined();
});

test.each([
  ['one', '', 'a folder of the same name'],
  ['one', '# edited', 'a folder of the same name, edited'],
  ['two', '', 'another folder'],
])('without a project, it goes on in folder %s%s: %s', async (name, edit) => {
  const place = openPlace();
  const unnamed = "steps:\n  a: { run: 'test -e go', retry: 0 }\n";
  place.add('here/one/job.yaml', unnamed);
  const dir = await place.run('here/one/job.yaml');
  comesFromElsewhere(dir);
  place.add(`there/${name}/job.yaml`, unnamed + edit);
  place.add(`there/${name}/go`, '');
  place.add('there/three/job.yaml', `${unnamed}# edited`);
  expect(await place.newest('there/three/job.yaml')).toBeUndefined();
  expect(await place.newest(`there/${name}/job.yaml`)).toBe(dir);
  const spec = `there/${name}/job.yaml`;
  const { status, manifest } = await resume('latest', { cwd: place.cwd, spec }).result;
  expect([status, manifest.project]).toEqual(['succeeded', 'one']);
});

function comesFromElsewhere(dir: string): void {
  rmSync(join(dir, 'inputs/origin.json'));
}
