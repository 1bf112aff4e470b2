import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manifest as manifestSchema } from '../packages/contracts/src/schemas/index.ts';
import { openPlace } from './orch.ts';
import { openPipe } from './pipe.ts';
import { show } from './shown.ts';
import type { Shown } from './shown.ts';

const colour = /\u001b\[/;

describe.concurrent('what is told of a run afterwards', () => {
  test('the manifest fits its schema and lists every file with the sha256 that sha256sum prints', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': {
        project: 'told',
        steps: {
          pages: { each: ['a', 'b'], write: { 'pages/{{ item }}.md': 'page {{ item }} é\n' } },
          shell: {
            env: { OUT: '{{ run.outputs }}' },
            needs: ['pages'],
            run: 'mkdir -p "$OUT/bin"; head -c 20000 /dev/zero > "$OUT/bin/zeros"; echo more >> "$OUT/pages/a.md"',
            writes: ['bin/*', 'pages/a.md'],
          },
          module: { needs: ['shell'], uses: './append.ts' },
        },
      },
      'append.ts': `export default async ({ write }) => {
        await write('log.txt', 'one\\n', 'append');
        await write('log.txt', 'two\\n', 'append');
        await write('pages/b.md', 'written over');
        await write('empty', '');
      };`,
    });
    const { code, stdout: printed, stderr } = await place.orch(['run', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { dir, status, children, ...rest } = await show(place);
    expect(children).toEqual([]);
    expect(JSON.parse(printed)).toMatchObject({ job_id: rest.job_id, status: 'succeeded', exit_code: 0 });
    expect(() => manifestSchema.parse({ ...rest, status })).not.toThrow();
    expect(() => manifestSchema.parse(JSON.parse(place.read('runs/latest/manifest.json')))).not.toThrow();

    const listed = rest.files.map(({ path, sha256 }) => `${sha256}  ${path}`).sort();
    const found = execFileSync('find', ['outputs', '-type', 'f'], { cwd: dir, encoding: 'utf8' }).trim().split('\n');
    const summed = execFileSync('sha256sum', found, { cwd: dir, encoding: 'utf8' }).trim().split('\n').sort();
    expect(listed).toEqual(summed);
    expect(found.map((path) => path.replace('outputs/told/', '')).sort()).toEqual([
      'bin/zeros',
      'empty',
      'log.txt',
      'pages/a.md',
      'pages/b.md',
    ]);
    for (const { path, size_bytes: size } of rest.files) expect(statSync(join(dir, path)).size).toBe(size);
  });

  test('runs are listed newest first and named by id, unique prefix or latest', async (context) => {
    const place = openPlace(context);
    place.write({ 'job.yaml': 'project: listed\nsteps:\n  a: { run: "true" }\n' });
    await place.orch(['run']);
    const [first = ''] = place.runs();
    await place.orch(['run']);
    const second = place.runs().find((run) => run !== first) ?? '';

    const json = JSON.parse((await place.orch(['list', '--json'])).stdout) as Shown[];
    expect(json.map(({ job_id: id, status }) => `${id} ${status}`)).toEqual([
      `${second} succeeded`,
      `${first} succeeded`,
    ]);
    const plain = await place.orch(['list']);
    expect(
      plain.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/\s+/)[0]),
    ).toEqual([second, first]);
    expect(plain.stdout).not.toMatch(colour);

    const unique = uniqueStart(first, second);
    const named = ['latest', first, unique, unique.slice('job_'.length)];
    const found = await Promise.all(named.map((name) => show(place, name)));
    expect(found.map(({ job_id: id }) => id)).toEqual([second, first, first, first]);
  });

  test('a folder that never became a run does not hide the others', async (context) => {
    const place = openPlace(context);
    place.write({ 'job.yaml': 'steps:\n  a: { run: "true" }\n', 'runs/job_000000000000/inputs/plan.json': '{}' });
    expect(await place.orch(['run'])).toMatchObject({ code: 0 });
    const { code, stdout } = await place.orch(['list']);
    expect(code).toBe(0);
    expect(stdout).toContain('succeeded');
  });

  test('tail prints every event, as a line or as the JSON it is', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': 'steps:\n  a: { each: [1, 2], run: "echo {{ item }}" }\n  b: { run: "exit 1", needs: [a] }\n',
    });
    expect(await place.orch(['run'])).toMatchObject({ code: 1 });
    const log = place.read('runs/latest/events.jsonl');
    expect((await place.orch(['tail', '--json'])).stdout).toBe(log);
    const { stdout } = await place.orch(['tail']);
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/)[1]);
    expect(types).toEqual(place.events().map(({ type }) => type));
    expect(stdout).not.toMatch(colour);
    expect((await place.orch(['tail', '-f', '--json'])).stdout).toBe(log);
  });

  test('tail -f beside a run tells its events as they come and ends with it', async (context) => {
    const place = openPlace(context);
    const pipe = openPipe(place, context);
    place.write({ 'job.yaml': 'steps:\n  a: { run: "read -r _ < go" }\n  b: { run: "true", needs: [a] }\n' });
    const run = place.start(['run']);
    await run.said(/… a/);
    const tail = place.start(['tail', '-f', '--json', 'latest']);
    await tail.said(/"process.started"/);
    expect(JSON.parse((await place.orch(['list', '--json'])).stdout)).toMatchObject([{ status: 'running' }]);
    pipe.release();
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
    const told = await tail.ended;
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toBe(place.read('runs/latest/events.jsonl'));
  });
});

function uniqueStart(id: string, other: string): string {
  const at = [...id].findIndex((letter, index) => letter !== other[index]);
  return id.slice(0, at + 1);
}
