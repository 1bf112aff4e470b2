import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { cli, place } from './testing/command-line.ts';

test('--retry-failed asks the provider of the run again about a failure that the run went on without', async () => {
  const x = { prompt: 'hi', output: 'json', retry: 0, repair: { rounds: 0 }, on_failure: 'continue' };
  const cwd = place(tempDir(), JSON.stringify({ provider: 'echo', steps: { x } }));
  expect((await cli(['run'], cwd)).code).toBe(0);
  const { out } = await cli(['resume', 'latest', '--retry-failed'], cwd);
  expect(out.join('\n')).toMatch(/x \(bad_answer.*echo \(sample 1\): hi/);
});

test('the hint how to go on repeats --limit', async () => {
  const { out } = await cli(['run', '--limit', '2'], place(tempDir(), 'steps: { a: { run: "exit 1" } }'));
  expect(out.at(-1)).toMatch(/^resume {2}orch resume job_\w+ --limit 2$/);
});

test.each(['--only', '--from'])('%s given twice is refused, not taken for the last', async (flag) => {
  const { code, err } = await cli(
    ['run', flag, 'b', flag, 'c'],
    place(tempDir(), 'steps: { b: { run: ls }, c: { run: ls } }'),
  );
  expect([code, err[0]]).toEqual([2, `error: Expected ${flag} once, got ${flag} b and ${flag} c.`]);
});

test('an imported run without files beside its job runs its commands', async () => {
  const steps = { ask: { question: 'ok?' }, c: { needs: ['ask'], run: 'pwd' } };
  const cwd = place(join(tempDir(), 'home'), JSON.stringify({ steps }));
  expect((await cli(['run'], cwd)).code).toBe(3);
  expect((await cli(['export', '-o', 'run.tar.gz'], cwd)).code).toBe(0);
  renameSync(cwd, `${cwd}-gone`);
  const away = tempDir();
  for (const argv of [
    ['import', `${cwd}-gone/run.tar.gz`],
    ['approve', 'latest', 'ask', '--answer', 'yes'],
    ['resume', 'latest'],
  ]) {
    expect(await cli(argv, away)).toMatchObject({ code: 0, err: [] });
  }
});

const greeting = `
project: p
vars: { who: Ann, n: 1 }
steps:
  stop: { run: test -e go }
  greet: { needs: [stop], write: { a.md: "{{ vars.who }} {{ vars.n }}" } }
`;

describe('what was said when a run began', () => {
  const written = (cwd: string): string => readFileSync(join(cwd, 'runs/latest/outputs/p/a.md'), 'utf8');
  const begun = async (...argv: readonly string[]): Promise<string> => {
    const cwd = place(tempDir(), greeting);
    expect((await cli(['run', ...argv], cwd)).code).toBe(1);
    place(cwd, { go: '' });
    return cwd;
  };

  test.each([
    ['with the job compiled anew', ['resume', '--spec', 'job.yaml'], 'Bob 1'],
    ['as the newest run of its job', ['run', '--resume'], 'Bob 1'],
    ['but for what is said anew', ['resume', '--var', 'who=Cid'], 'Cid 1'],
    ['beside what is said anew', ['resume', '--spec', 'job.yaml', '--var', 'n=2'], 'Bob 2'],
  ])('holds when it goes on %s', async (_, argv, text) => {
    const cwd = await begun('--var', 'who=Bob');
    expect((await cli(argv, cwd)).code).toBe(0);
    expect(written(cwd)).toBe(text);
  });

  test('holds at the third attempt too, where the default was edited; a variable that is gone is forgotten', async () => {
    const cwd = await begun('--var', 'who=Bob', '--var', 'n=1');
    place(cwd, greeting.replace('who: Ann, n: 1', 'who: Ann, n: 7').replace('test -e go', 'test -e went'));
    expect((await cli(['resume', '--spec', 'job.yaml'], cwd)).code).toBe(1);
    place(cwd, { went: '', 'job.yaml': greeting.replace('who: Ann, n: 1', 'n: 7').replace('{{ vars.who }} ', '') });
    expect(await cli(['resume', '--spec', 'job.yaml'], cwd)).toMatchObject({ code: 0, err: [] });
    expect(written(cwd)).toBe('1');
  });

  test('is also who answers, over what the job says', async () => {
    const job =
      'provider: ollama:none\nvars: { v: 1 }\nsteps: { ok: { question: Go? }, a: { prompt: "{{ vars.v }}" } }';
    const cwd = place(tempDir(), job);
    expect((await cli(['run', '--provider', 'echo'], cwd)).code).toBe(3);
    expect((await cli(['approve', 'latest', 'ok'], cwd)).code).toBe(0);
    expect(await cli(['resume', '--var', 'v=2'], cwd)).toMatchObject({ code: 0, err: [] });
  });

  test('is repeated by every command that tells how to go on', async () => {
    const steps = { ok: { question: 'Go?' }, each: { each: ['a', 'b'], prompt: '{{ item }}', needs: ['ok'] } };
    const cwd = place(tempDir(), JSON.stringify({ provider: 'echo', steps }));
    const argv = ['run', '--frozen', '--limit', '1', '--only', 'each', '--runs-dir', 'elsewhere'];
    const way = /orch resume job_\w+ --runs-dir elsewhere --only each --limit 1 --frozen$/;
    expect((await cli(argv, cwd)).out.at(-1)).toMatch(way);
    expect((await cli(['show', '--runs-dir', 'elsewhere'], cwd)).out.at(-1)).toMatch(way);
    const { out } = await cli(['approve', 'latest', 'ok', '--runs-dir', 'elsewhere'], cwd);
    expect(out[1]).toMatch(way);
  });
});

describe('a run that no job file began', () => {
  test('goes on with other parameters, and other answers', async () => {
    const cwd = place(tempDir(), { 'a.txt': 'text' });
    const { code, out } = await cli(['software', 'a todo list', '--provider', 'echo', '--json'], cwd);
    const { job_id: id } = JSON.parse(out.join('\n')) as { job_id: string };
    expect(code).toBe(0);
    const missed = await cli(['docs', '--frozen', '--provider', 'ollama:m', '--files', 'a.txt'], cwd);
    expect([missed.code, missed.out.at(-1)]).toEqual([1, expect.stringContaining('asks the model')]);
    expect(await cli(['resume', 'latest', '--provider', 'echo'], cwd)).toMatchObject({ code: 0, err: [] });
    expect(await cli(['resume', 'latest', '--from', 'index', '--var', 'title=Other'], cwd)).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'runs/latest/outputs/docs/docs/index.md'), 'utf8')).toContain('# Other');
    expect(await cli(['resume', id, '--provider', 'echo'], cwd)).toMatchObject({ code: 0, err: [] });
    const other = await cli(['resume', id, '--var', 'nope=1'], cwd);
    expect([other.code, other.err]).toEqual([
      2,
      [
        expect.stringMatching(/--var nope: the job has no such variable/),
        'error: one problem in the defined job, nothing was run.',
      ],
    ]);
    const pipeline = place(tempDir(), 'task: a todo list\nproject: p\nprovider: echo');
    expect((await cli(['run'], pipeline)).code).toBe(0);
    expect((await cli(['resume', 'latest', '--provider', 'echo'], pipeline)).code).toBe(0);
  });

  test('nor has any on this machine, goes on with the copies of what it was made of', async () => {
    const files = {
      'job.yaml':
        'output_dir: out\nvars: { v: 1 }\nsteps: { ok: { question: Go? }, a: { prompt_file: p.md }, b: { run: "echo {{ vars.v }}" } }',
      'p.md': '{{ vars.v }}',
    };
    const cwd = place(join(tempDir(), 'home'), files);
    expect((await cli(['run', '--provider', 'echo'], cwd)).code).toBe(3);
    await cli(['export', '-o', 'run.tar.gz'], cwd);
    renameSync(cwd, `${cwd}-gone`);
    const away = tempDir();
    expect((await cli(['import', `${cwd}-gone/run.tar.gz`], away)).code).toBe(0);
    expect((await cli(['approve', 'latest', 'ok'], away)).code).toBe(0);
    const { code, out, err } = await cli(['resume', 'latest', '--var', 'v=2', '--json'], away);
    expect([code, err]).toEqual([0, []]);
    const { steps } = JSON.parse(out.join('\n')) as { steps: Record<string, { output: { inline: string } }> };
    expect([steps['a']?.output.inline, steps['b']?.output.inline]).toEqual(['echo: 2', '2']);
  });
});

test('a resume that compiles the job anew looks at output_dir as a run does', async () => {
  const cwd = place(tempDir(), 'project: p\nsteps: { a: { run: test -e go } }');
  await cli(['run'], cwd);
  place(cwd, { go: '', 'job.yaml': 'project: p\noutput_dir: runs/out\nsteps: { a: { run: test -e go } }' });
  for (const plan of [[], ['--plan']]) {
    const { code, err } = await cli(['resume', '--spec', 'job.yaml', ...plan], cwd);
    expect([code, err[0]]).toEqual([2, expect.stringContaining('output_dir: expected a folder apart from')]);
  }
});

test('a frozen run asks echo, which calls nobody', async () => {
  const cwd = place(tempDir(), 'steps: { a: { prompt: hi } }');
  expect((await cli(['run', '--provider', 'echo'], cwd)).code).toBe(0);
  const { code, out } = await cli(['run', '--frozen', '--json'], cwd);
  expect([code, JSON.parse(out.join('\n'))]).toMatchObject([0, { costs: { provider_calls: 0 } }]);
});

test('a question without options is a yes or no: a bare approve says yes, and its answer is null', async () => {
  const cwd = place(
    tempDir(),
    'project: p\nsteps: { ok: { question: Go? }, a: { write: { a.json: "{{ steps.ok.output }}" } } }',
  );
  expect((await cli(['run'], cwd)).out.at(-2)).toMatch(
    /^answer {2}orch approve job_\w+ ok +or --answer TEXT, or --reject$/,
  );
  expect((await cli(['approve', 'latest', 'ok'], cwd)).out[0]).toBe('ok: granted without an answer.');
  expect((await cli(['resume'], cwd)).code).toBe(0);
  expect(JSON.parse(readFileSync(join(cwd, 'runs/latest/outputs/p/a.json'), 'utf8'))).toMatchObject({ answer: null });
});

test('one with options takes no bare approve, and says which answers there are', async () => {
  const cwd = place(tempDir(), 'steps: { ok: { question: Go?, options: [all, "a part"] } }');
  await cli(['run'], cwd);
  expect(await cli(['approve', 'latest', 'ok'], cwd)).toMatchObject({
    code: 2,
    err: ['error: Expected an answer of all, a part; got none.', '  --answer "all", --answer "a part", or --reject'],
  });
});
