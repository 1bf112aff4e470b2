import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { runCli } from './run-cli.ts';
import type { Terminal } from './terminal.ts';

const job = `
project: hello
steps:
  ask: { prompt: Say hello. }
  keep: { needs: [ask], write: { a/hello.md: hello, b.md: hello } }
`;

test('run tells what goes on and how it ended, and exits with 0', async () => {
  const { code, out, err } = await cli(['run', '--provider', 'echo'], withJob(job));
  expect(code).toBe(0);
  expect(err).toEqual([]);
  expect(out.join('\n')).toMatch(
    /✓ ask .*✓ keep .*hello +job_\w+ +succeeded after .*outputs\/\n {2}hello\/\n {4}a\/\n {6}hello\.md\n {4}b\.md\n/s,
  );
  expect(out.at(-1)).toBe('echo: made-up replies, no model was called');
});

test('run --json prints one document and nothing else', async () => {
  const { out } = await cli(['run', '--provider', 'echo', '--json'], withJob(job));
  expect(JSON.parse(out.join('\n'))).toMatchObject({ status: 'succeeded', exit_code: 0, project: 'hello' });
});

test('all problems of a job are told, each with its place, and a stack only when it is asked for', async () => {
  const cwd = withJob('steps:\n  a: { prompt: x, needs: [b] }\n  c: { rum: x }\n');
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
  const cwd = withJob('vars: { a: 1, b: 2 }\nsteps:\n  keep: { write: { x.md: "{{ vars.a }}{{ vars.b }}" } }\n');
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
  [['runn'], "unknown command 'runn'"],
  [['run', '--providr', 'x'], "unknown option '--providr'"],
  [[], 'Usage: orch'],
])('a wrong call is told and exits with 2: %j', async (argv, message) => {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'folder'));
  const { code, err } = await cli(argv, cwd);
  expect(code).toBe(2);
  expect(err.join('\n')).toContain(message);
});

test('text of a model cannot move the cursor or colour the terminal', async () => {
  const cwd = withJob('steps: { bad: { run: "printf \'\\\\033[31mred\\\\033]0;title\\\\007\' >&2; exit 3" } }');
  const { code, out } = await cli(['run'], cwd);
  expect(code).toBe(1);
  expect(out.join('\n')).toContain('red');

  expect(out.join('\n')).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
});

function withJob(text: string): string {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), text);
  return cwd;
}

async function cli(argv: readonly string[], cwd: string) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    cwd,
    env: { PATH: process.env['PATH'] },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    paint: (_, text) => text,
    attend: () => () => undefined,
  };
  return { code: await runCli(argv, terminal), out, err };
}
