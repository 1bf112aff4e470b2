import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { cli, place } from './testing/command-line.ts';

const job = `
project: hello
steps:
  ask: { prompt: Say hello. }
  keep: { needs: [ask], write: { a/hello.md: hello, b.md: hello } }
`;

test('run tells what goes on and how it ended, and exits with 0', async () => {
  const { code, out, err } = await cli(['run', '--provider', 'echo'], place(tempDir(), job));
  expect(code).toBe(0);
  expect(err).toEqual([]);
  expect(out.join('\n')).toMatch(
    /✓ ask .*✓ keep .*hello +job_\w+ +succeeded after .*outputs\/\n {2}hello\/\n {4}a\/\n {6}hello\.md\n {4}b\.md\n/s,
  );
  const note = 'echo: made-up replies, no model was called';
  expect([out.indexOf(note), out.lastIndexOf(note)]).toEqual([0, 0]);
});

test('a frozen run says once that nobody is called, and how to go on with and without paying', async () => {
  const miss = await cli(['run', '--frozen', '--provider', 'ollama:m'], place(tempDir(), job));
  expect(miss.code).toBe(1);
  expect(miss.out.filter((line) => line.startsWith('frozen: '))).toHaveLength(1);
  expect(miss.out.slice(-2).map((line) => line.replace(/job_\w+/, 'ID'))).toEqual([
    'resume  orch resume ID --frozen  once the missing replies are in the cache or in recordings',
    'or      orch resume ID           asks the model for them, which may cost money',
  ]);
  const failed = await cli(['run', '--frozen'], place(tempDir(), 'steps: { a: { run: "exit 1" } }'));
  expect(failed.out.at(-1)).toMatch(/^resume {2}orch resume job_\w+ --frozen$/);
});

test.each(['gone', 'damaged'])('content of a run that is %s stops a resume with 8, and is named', async (how) => {
  const steps = { big: { run: 'seq 1 3000' }, use: { run: 'test -e go && echo {{ steps.big.output }}' } };
  const cwd = place(tempDir(), JSON.stringify({ steps }));
  expect((await cli(['run'], cwd)).code).toBe(1);
  const artifacts = join(cwd, 'runs/latest/artifacts');
  const blobs = readdirSync(artifacts, { recursive: true }).map((name) => join(artifacts, String(name)));
  const isBig = (path: string) => statSync(path).isFile() && readFileSync(path, 'utf8').startsWith('1\n2\n');
  const [blob = ''] = blobs.filter(isBig);
  rmSync(blob);
  if (how === 'damaged') writeFileSync(blob, '1\n2\n');
  const { code, out, err } = await cli(['resume'], cwd);
  expect([code, [...out, ...err].join('\n')]).toEqual([8, expect.stringContaining(basename(blob))]);
});

test('of very many steps some are named and the rest is counted, but for --json', async () => {
  const ids = Array.from({ length: 60 }, (_, n) => `s${n}`);
  const writes = Object.fromEntries(ids.map((id) => [id, { write: { [id]: id } }]));
  const cwd = place(tempDir(), JSON.stringify({ steps: { ...writes, wall: { run: 'test -e go', needs: ids } } }));
  expect((await cli(['run'], cwd)).code).toBe(1);
  const planned = (await cli(['resume', '--plan'], cwd)).out;
  expect([planned[0], planned[40]]).toEqual(['will run  wall', '… and 21 more']);
  writeFileSync(join(cwd, 'go'), '');
  const { out } = await cli(['resume'], cwd);
  const told = out.join('\n');
  expect(told).toMatch(/✓ reused: (s\d+, ){5}… and 55 more\n/);
  expect(told).toMatch(/\n {2}… and 21 more: 21 succeeded\n/);
  expect(out.filter((line) => line.startsWith('  succeeded'))).toHaveLength(40);
  const shown = JSON.parse((await cli(['show', '--json'], cwd)).out.join('\n')) as { steps: object };
  expect(Object.keys(shown.steps)).toHaveLength(61);
});

test('run --json prints one document and nothing else', async () => {
  const { out } = await cli(['run', '--provider', 'echo', '--json'], place(tempDir(), job));
  expect(JSON.parse(out.join('\n'))).toMatchObject({
    ...{ status: 'succeeded', exit_code: 0, project: 'hello' },
    warnings: ['echo: made-up replies, no model was called'],
  });
});

test('all problems of a job are told, each with its place, and a stack only when it is asked for', async () => {
  const cwd = place(tempDir(), 'steps:\n  a: { prompt: x, needs: [b] }\n  c: { rum: x }\n');
  const { code, err } = await cli(['run'], cwd);
  expect(code).toBe(2);
  expect(err[0]).toMatch(/^job\.yaml:2:\d+: /);
  expect(err.at(-1)).toBe('error: 2 problems in job.yaml, nothing was run.');
  expect(err.join('\n')).not.toContain('    at ');
  expect((await cli(['run', '--verbose'], cwd)).err.join('\n')).toContain('    at ');
});

test('with --json an error is JSON on standard output', async () => {
  const { code, out, err } = await cli(['show', 'job_nope', '--json'], tempDir());
  expect(code).toBe(2);
  expect(err).toEqual([]);
  expect(JSON.parse(out.join('\n'))).toMatchObject({ error: { code: 'not_found' } });
});

test('--var may be repeated, and does not swallow the job file behind it', async () => {
  const cwd = place(
    tempDir(),
    'vars: { a: p, b: q }\nsteps:\n  keep: { write: { x.md: "{{ vars.a }}{{ vars.b }}" } }\n',
  );
  const { code } = await cli(['run', '--var', 'a=x', '--var', 'b=y', 'job.yaml'], cwd);
  expect(code).toBe(0);
});

test.each([
  [['run', 'a.yaml', '--spec', 'b.yaml'], 'Expected one job file, got a.yaml and --spec b.yaml.'],
  [['run', '--var', 'a'], 'Expected --var key=value, got `a`.'],
  [['run', '--limit', '0'], 'Expected --limit to be a whole number from 1, got `0`.'],
  [['run', 'none.yaml'], 'Expected a job file at none.yaml: there is none.'],
  [['run', 'folder'], 'it is a folder'],
  [['run'], 'Expected a job file: no SPEC was given'],
  [['runn'], "unknown command 'runn'\n(Did you mean run?)\n  See orch --help."],
  [['cache', 'bogus'], "unknown command 'bogus'\n  See orch --help."],
  [['run', '--providr', 'x'], "unknown option '--providr'\n(Did you mean --provider?)\n  See orch run --help."],
  [[], 'Usage: orch'],
])('a wrong call is told and exits with 2: %j', async (argv, message) => {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'folder'));
  const { code, err } = await cli(argv, cwd);
  expect(code).toBe(2);
  expect(err.join('\n')).toContain(message);
});

test('text of a model cannot move the cursor or colour the terminal', async () => {
  const cwd = place(
    tempDir(),
    'steps: { bad: { run: "printf \'\\\\033[31mred\\\\033]0;title\\\\007\' >&2; exit 3" } }',
  );
  const { code, out } = await cli(['run'], cwd);
  expect(code).toBe(1);
  expect(out.join('\n')).toContain('red');

  expect(out.join('\n')).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
});

test('list shows a run that a step began below the run of that step; alone, it says whose it is', async () => {
  const cwd = place(tempDir(), 'project: outer\nsteps: { sub: { spec: child.yaml } }');
  writeFileSync(join(cwd, 'child.yaml'), 'project: inner\nsteps: { a: { run: echo a } }');
  expect((await cli(['run'], cwd)).code).toBe(0);
  const { out } = await cli(['list'], cwd);
  expect(out).toEqual([
    expect.stringMatching(/^job_\w+ +succeeded  outer  1\/1 steps .*Z$/),
    expect.stringMatching(/^↳ job_\w+  succeeded  inner  1\/1 steps .*Z {2}sub$/),
  ]);
  const child = /↳ (job_\w+)/.exec(out[1] ?? '')?.[1] ?? '';
  const alone = await cli(['list', child], cwd);
  expect(alone.out.join()).toMatch(new RegExp(`^${child} .* sub of job_\\w+$`));
  expect((await cli(['show'], cwd)).out).toContain(`  ↳  ${child}  succeeded  step sub`);
});
