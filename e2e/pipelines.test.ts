import { execFileSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { startModel } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { openPlace, orch } from './orch.ts';
import type { Place } from './orch.ts';
import { eventsOf, resultOf } from './steps.ts';

const provider = ['--provider', 'ollama:m'];

describe.concurrent('the pipeline software', () => {
  const task = 'Create a notes app with 2 endpoints (POST /notes, GET /notes) using SQLite';
  const program = 'import sqlite3\nprint("notes")\n';
  const verdict = (said: 'pass' | 'fail') => {
    const findings = said === 'pass' ? [] : [{ severity: 'high', file: 'app.py', note: 'GET /notes is missing' }];
    return JSON.stringify({ verdict: said, summary: `I say ${said}.`, findings });
  };
  const startTeam = (context: TestContext, said: 'pass' | 'fail'): Promise<ModelServer> =>
    startModel(context, (question) => {
      if (question.includes('Decide what to build')) return '**Behaviour**: keeps notes.';
      if (question.includes('Write `README.md`')) {
        return '````markdown README.md\n# Notes\n\n```sh\ncurl localhost\n```\n````';
      }
      if (question.includes('Write the whole project')) return `\`\`\`python app.py\n${program}\`\`\``;
      return verdict(said);
    });

  test('a job of two lines is built, documented and reviewed as it was really written', async (context) => {
    const place = openPlace(context);
    const model = await startTeam(context, 'pass');
    place.write({ 'job.yaml': `project: tiny_notes_api\ntask_description: ${task}\n` });
    const { code, stdout, stderr } = await place.orch(['run', ...provider], model.env);
    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout });
    expect(place.output('app.py')).toBe(program);
    expect(place.output('README.md')).toBe('# Notes\n\n```sh\ncurl localhost\n```\n');
    expect(resultOf(place, 'project')).toEqual({ type: 'http_api', language: 'python' });
    expect(resultOf(place, 'qa')).toEqual({ verdict: 'pass', summary: 'I say pass.', findings: [] });
    const [architect, builder, docs, qa] = [
      'Decide what',
      'Write the whole',
      'Write `README.md`',
      'really written',
    ].map((words) => model.questions.find((question) => question.includes(words)) ?? '');
    expect(architect).toContain('an HTTP API in python.');
    expect(builder).toContain('The port comes from the environment variable `PORT`');
    expect(docs).toContain('each endpoint with a `curl` line');
    expect(qa).toContain(`--- app.py\n${program}`);
    expect(qa).toContain('--- README.md\n# Notes');
    for (const question of model.questions) expect(question).toContain(task);
    expect(model.questions.join('\n')).not.toMatch(/\{[{%]/);
  });

  test('a review that says fail fails the job with what it found, and is not asked until it says pass', async (context) => {
    const place = openPlace(context);
    const model = await startTeam(context, 'fail');
    const call = ['software', task, '--type', 'cli', '--language', 'Go', ...provider];
    const { code, stdout } = await place.orch(call, model.env);
    expect(code).toBe(1);
    expect(stdout).toContain('The review says fail: I say fail.\nhigh  app.py: GET /notes is missing\n');
    expect(model.questions.filter((question) => question.includes('really written'))).toHaveLength(1);
    expect(place.read('runs/latest/outputs/software/app.py')).toBe(program);
    expect(model.questions.join('\n')).toContain('a command-line program in go.');
    const { stdout: json } = await place.orch([...call, '--json'], model.env);
    expect(JSON.parse(json)).toMatchObject({ exit_code: 1, failures: [{ step: 'qa', code: 'assertion' }] });
  });

  test('prompts show the form in which files are read', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, (question) =>
      question.includes('really written') ? verdict('pass') : question,
    );
    expect((await place.orch(['software', task, ...provider], model.env)).code).toBe(0);
    const written = eventsOf(place, 'file.written').map(({ step, data }) => [step, data['path']]);
    expect(written.toSorted()).toEqual([
      ['builder', 'outputs/software/src/example'],
      ['docs', 'outputs/software/README.md'],
    ]);
  });

  test('a run goes on elsewhere, with the modules that it began with', async (context) => {
    const place = openPlace(context);
    const model = await startTeam(context, 'pass');
    expect((await place.orch(['software', task, ...provider], model.env)).code).toBe(0);
    expect((await place.orch(['export', '-o', 'run.tar.gz'])).code).toBe(0);
    const other = openPlace(context);
    expect((await other.orch(['import', place.path('run.tar.gz')])).code).toBe(0);
    const { code, stdout } = await other.orch(['resume', 'latest', '--from', 'project'], model.env);
    expect([code, stdout]).toEqual([0, expect.stringContaining('✓ project')]);
    expect(model.questions).toHaveLength(4);
  });

  test('a builder that writes the README of the docs is asked again', async (context) => {
    const place = openPlace(context);
    const readme = '\n\n```markdown README.md\n# Mine\n```';
    const model = await startModel(context, (question, nth) => {
      if (question.includes('Write the whole project')) return `\`\`\`python app.py\n\`\`\`${nth === 0 ? readme : ''}`;
      return question.includes('really written') ? verdict('pass') : '````markdown README.md\n# Notes\n````';
    });
    expect((await place.orch(['software', task, ...provider], model.env)).code).toBe(0);
    expect(eventsOf(place, 'step.failed')).toMatchObject([{ step: 'builder', data: { code: 'assertion' } }]);
    expect(place.output('README.md')).toBe('# Notes\n');
  });

  test('what a call lacks or has too much of is told before anything is asked', async (context) => {
    const place = openPlace(context);
    place.write({ 'job.yaml': 'pipeline: { use: software, with: { typ: cli } }\n' });
    const run = await place.orch(['run', '--provider', 'echo']);
    expect([run.code, run.stderr]).toEqual([
      2,
      expect.stringContaining('no parameter of this pipeline, did you mean "type"?'),
    ]);
    expect(run.stderr).toContain('the pipeline "software" reads {{ task }}');
    expect(await place.orch(['software'])).toMatchObject({ code: 2, stderr: expect.stringContaining("'task'") });
    const number = await place.orch(['review', '--max-files', 'few']);
    expect([number.code, number.stderr]).toEqual([2, expect.stringContaining('--max-files to be a number, got `few`')]);
    for (const [call, flag] of [
      [['review', '--fail-on', 'bad'], '--fail-on to be one of low, medium, high, critical, none, got `bad`'],
      [['software', task, '--type', 'banana'], '--type to be one of auto, library, '],
    ] as const) {
      const { code, stderr } = await place.orch([...call, '--provider', 'echo']);
      expect([code, stderr]).toEqual([2, expect.stringContaining(flag)]);
    }
    expect(place.runs()).toEqual([]);
  });
});

describe.concurrent('the pipeline review', () => {
  const git = (place: Place, ...args: string[]): string => {
    const own = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main'];
    const env = { PATH: process.env['PATH'], HOME: place.dir };
    return execFileSync('git', [...own, ...args], { cwd: place.dir, encoding: 'utf8', env });
  };
  const commit = (place: Place, files: Record<string, string>): void => {
    place.write(files);
    git(place, 'add', '--', ...Object.keys(files));
    git(place, 'commit', '--quiet', '-m', 'change');
  };
  const repository = (context: TestContext): Place => {
    const place = openPlace(context);
    git(place, 'init', '--quiet');
    commit(place, { 'src/a.js': 'a();\n', 'src/b.js': 'b();\n', '.gitignore': 'runs\n*.sarif\n' });
    return place;
  };
  const found = (severity: string, line: number, title: string) => {
    return { severity, line, title, detail: 'It shows.', suggestion: '' };
  };
  const reviewer = (context: TestContext, findings: Record<string, unknown[]>): Promise<ModelServer> =>
    startModel(context, (question) => {
      const path = /^Review (?:the file|this change of) `(.*)`/.exec(question)?.[1] ?? '';
      return JSON.stringify({ findings: findings[path] ?? [] });
    });
  const reports = (place: Place) => JSON.parse(place.read('runs/latest/outputs/review/findings.json')) as object;

  test('a grave finding fails it with 1, and SARIF is copied all the same', async (context) => {
    const place = repository(context);
    git(place, 'branch', 'before');
    commit(place, { 'src/a.js': 'a();\nb();\n' });
    place.write({ 'src/new.js': 'eval(x);\n', 'runs/private': 'a secret\n' });
    symlinkSync('../runs/private', place.path('src/link.js'));
    const findings = { 'src/new.js': [found('high', 1, 'Runs anything')], 'src/a.js': [found('low', 2, 'Odd')] };
    const model = await reviewer(context, findings);
    const call = ['review', '--base', 'before', '--fail-on', 'high', '--sarif', 'out/out.sarif', ...provider];
    const { code, stdout, stderr } = await place.orch(call, model.env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('1 finding of severity high or above:\nhigh  src/new.js:1  Runs anything\n');
    expect(reports(place)).toMatchObject({
      base: 'before',
      files: ['src/a.js', 'src/new.js'],
      left_out: [{ path: 'src/link.js', why: 'no text' }],
      findings: [{ file: 'src/new.js', severity: 'high', line: 1 }, { file: 'src/a.js' }],
    });
    expect(place.read('runs/latest/outputs/review/review.md')).toContain('## high: Runs anything\n\n`src/new.js:1`\n');
    const sarif = JSON.parse(place.read('out/out.sarif')) as { version: string; runs: [{ results: unknown[] }] };
    expect(sarif).toMatchObject({ version: '2.1.0', runs: [{ tool: { driver: { name: 'orch review' } } }] });
    expect(sarif.runs[0].results).toMatchObject([
      { level: 'error', locations: [{ physicalLocation: { artifactLocation: { uri: 'src/new.js' } } }] },
      { level: 'note', locations: [{ physicalLocation: { region: { startLine: 2 } } }] },
    ]);
    const [asked = ''] = model.questions.filter((question) => question.includes('src/a.js'));
    expect(asked).toContain('\n a();\n+b();\n');
    expect(asked).toContain('\n<file>\n1: a();\n2: b();\n</file>\n');
    const critical = await place.orch(['review', '--base', 'before', '--fail-on', 'critical', ...provider], model.env);
    expect(critical.code).toBe(0);
    expect(model.questions).toHaveLength(2);
  });

  test('a difference of nothing is reviewed without asking anybody', async (context) => {
    const place = repository(context);
    const model = await reviewer(context, {});
    place.write({
      'job.yaml': { pipeline: { use: 'review', with: { base: 'HEAD', sarif: 'r/x.sarif' } }, project: 'p' },
    });
    git(place, 'add', '--all');
    git(place, 'commit', '--quiet', '-m', 'job');
    const { code, stdout } = await place.orch(['run', ...provider], model.env);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/skipped +review/)]);
    expect(model.questions).toEqual([]);
    expect(JSON.parse(place.output('r/x.sarif'))).toMatchObject({ runs: [{ results: [] }] });
    expect(place.output('review.md')).toContain('Nothing was found.');
  });

  test('the base is origin/main where there is one, else the commit before', async (context) => {
    const place = repository(context);
    const model = await reviewer(context, {});
    commit(place, { 'src/b.js': 'c();\n' });
    expect((await place.orch(['review', ...provider], model.env)).code).toBe(0);
    expect(reports(place)).toMatchObject({ base: 'HEAD~1', files: ['src/b.js'] });
    git(place, 'update-ref', 'refs/remotes/origin/main', 'HEAD~1');
    commit(place, { 'src/a.js': 'c();\n', 'docs/x.md': 'x\n' });
    expect((await place.orch(['review', '--paths', 'src', ...provider], model.env)).code).toBe(0);
    expect(reports(place)).toMatchObject({ base: 'origin/main', files: ['src/a.js', 'src/b.js'] });
  });

  test('what it wrote itself is no part of what it reviews, nor is what is to be ignored', async (context) => {
    const place = repository(context);
    const model = await reviewer(context, {});
    git(place, 'branch', 'before');
    commit(place, { '.gitignore': '', 'src/a.js': 'b();\n', 'src/gen.js': 'g();\n' });
    const call = ['review', '--base', 'before', '--ignore', '.gitignore', '--ignore', 'src/gen.js'];
    for (const _ of ['first', 'second']) {
      const all = [...call, '--sarif', 'my out.sarif', '--output-dir', 'src', ...provider];
      expect((await place.orch(all, model.env)).code).toBe(0);
      expect(existsSync(place.path('my out.sarif')) && existsSync(place.path('src/review.md'))).toBe(true);
      expect(reports(place)).toMatchObject({ files: ['src/a.js'], left_out: [] });
    }
    expect(model.questions).toHaveLength(1);
    const given = ['review', '--files', 'src/*', '--ignore', 'src/gen.js', '--output-dir', 'src', ...provider];
    expect((await place.orch(given, model.env)).code).toBe(0);
    expect(reports(place)).toMatchObject({ files: ['src/a.js', 'src/b.js'] });
  });

  test('given files are reviewed as they are, also where there is no repository', async (context) => {
    const place = openPlace(context);
    place.write({ 'src/a.js': 'a();\n', 'src/b.md': '# B\n' });
    const model = await reviewer(context, { 'src/a.js': [found('medium', 1, 'Hm')] });
    const call = ['review', '--files', 'src/*.js', ...provider];
    expect((await place.orch(call, model.env)).code).toBe(0);
    expect(reports(place)).toMatchObject({ base: '', files: ['src/a.js'], findings: [{ severity: 'medium' }] });
    expect(model.questions).toEqual([expect.stringMatching(/^Review the file `src\/a\.js`[^]*\n1: a\(\);\n/)]);
    expect((await place.orch([...call, '--fail-on', 'medium'], model.env)).code).toBe(1);
  });

  test.for([
    ['where there is no repository', [], 'Expected a Git repository at '],
    [
      'with a base that is none',
      ['--base', 'nope'],
      'Expected base to name a branch or commit of this repository, got nope.',
    ],
    ['with a base that looks like an option', ['--base=--output=x'], 'got --output=x.'],
    ['with files that are none', ['--files', 'no/*.js'], 'Expected files that fit no/*.js in '],
    ['with more files than it may have', ['--max-files', '1'], 'Expected at most 1 files (max_files), got 2'],
  ] as const)('%s it says so and asks nobody', async ([title, options, message], context) => {
    const place = title.includes('no repository') ? openPlace(context) : repository(context);
    if (title.includes('more files')) commit(place, { 'x.js': 'x\n', 'y.js': 'y\n' });
    const { code, stdout } = await place.orch(['review', ...options, '--provider', 'echo', '--sarif', 'out.sarif']);
    expect([code, stdout]).toEqual([1, expect.stringContaining(message)]);
    expect(eventsOf(place, 'llm.request')).toEqual([]);
    expect(existsSync(place.path('out.sarif')) || existsSync(place.path('x'))).toBe(false);
  });
});

describe.concurrent('the pipeline docs', () => {
  test('there is a page for each file, and an index of them', async (context) => {
    const place = openPlace(context);
    place.write({ 'lib/a.js': 'export const a = 1;\n', 'lib/b.js': 'export const b = 2;\n' });
    const model = await startModel(context, (question) => {
      const path = /^Document the file `(.*)`/.exec(question)?.[1];
      return path === undefined ? 'Two numbers.' : `# The file ${path}\n\nIt has a number.\n\n## Exports\n`;
    });
    const call = ['docs', '--files', 'lib/*.js', '--audience', 'children', '--title', 'Numbers', ...provider];
    expect((await place.orch(call, model.env)).code).toBe(0);
    expect(place.output('docs/lib/a.js.md')).toBe('# The file lib/a.js\n\nIt has a number.\n\n## Exports\n');
    expect(place.output('docs/index.md')).toBe(
      '# Numbers\n\nTwo numbers.\n\n' +
        '- [The file lib/a.js](<lib/a.js.md>) (`lib/a.js`) It has a number.\n' +
        '- [The file lib/b.js](<lib/b.js.md>) (`lib/b.js`) It has a number.\n',
    );
    const none = await place.orch(['docs', '--files', 'nope/*', '--provider', 'echo']);
    expect([none.code, none.stdout]).toEqual([1, expect.stringContaining('Expected files that fit nope/* (files)')]);
    expect(eventsOf(place, 'llm.request')).toEqual([]);
  });
});

describe.concurrent('the pipeline refactor', () => {
  const diff = (path: string, from = 'a();') =>
    `\`\`\`diff\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-${from}\n+b();\n\`\`\``;
  const withFiles = (context: TestContext): Place => {
    const place = openPlace(context);
    place.write({ 'src/a.js': 'a();\n', 'lib/b.js': 'a();\n' });
    return place;
  };
  const call = (...more: string[]) => ['refactor', 'Call b', '--files', 'src/*.js', ...more, ...provider];

  test('a patch within the given files is kept and copied, and nothing is changed', async (context) => {
    const place = withFiles(context);
    const model = await startModel(context, () => `Here:\n\n${diff('src/a.js')}`);
    const { code, stdout } = await place.orch(
      call('--test', 'test -f src/a.js && exit 0', '--patch', 'my.patch'),
      model.env,
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('gate tests:')]);
    expect(place.read('my.patch')).toBe(place.output('refactor.patch'));
    expect(place.read('my.patch')).toContain('-a();\n+b();\n');
    expect(place.read('src/a.js')).toBe('a();\n');
    expect(model.questions).toEqual([
      expect.stringMatching(/^The goal: Call b\n[^]*```js path="src\/a\.js"\na\(\);\n```/),
    ]);
    execFileSync('git', ['apply', 'my.patch'], { cwd: place.dir });
    expect(place.read('src/a.js')).toBe('b();\n');
  });

  test.for([
    ['leaves them', diff('lib/b.js'), 'The patch leaves the given files (src/*.js): lib/b.js'],
    ['does not apply', diff('src/a.js', 'z();'), 'The patch does not apply: error: patch failed: src/a.js:1'],
  ] as const)('a patch that %s fails the job and is not kept', async ([, answer, message], context) => {
    const place = withFiles(context);
    const model = await startModel(context, () => answer);
    const { code, stdout } = await place.orch(call('--patch', 'my.patch'), model.env);
    expect([code, stdout]).toEqual([1, expect.stringContaining(message)]);
    expect(existsSync(place.path('my.patch'))).toBe(false);
  });

  test('below the root of a repository the patch is one that Git applies there', async (context) => {
    const place = openPlace(context);
    place.write({ 'pkg/src/a.js': 'a();\n' });
    execFileSync('git', ['init', '--quiet'], { cwd: place.dir });
    const model = await startModel(context, () => diff('src/a.js'));
    const cwd = place.path('pkg');
    const { code, stdout } = await orch(call('--patch', 'my.patch'), { cwd, env: model.env });
    expect([code, stdout]).toEqual([0, stdout]);
    execFileSync('git', ['apply', 'my.patch'], { cwd });
    expect(place.read('pkg/src/a.js')).toBe('b();\n');
  });

  test('nobody is asked while the tests fail', async (context) => {
    const place = withFiles(context);
    const model = await startModel(context, () => diff('src/a.js'));
    const { code } = await place.orch(call('--test', 'exit 3'), model.env);
    expect([code, model.questions]).toEqual([1, []]);
  });
});

describe.concurrent('pipelines', () => {
  test('they are listed, and shown with what their parameters mean', async (context) => {
    const place = openPlace(context);
    const { stdout: list } = await place.orch(['pipelines', 'list']);
    expect(list).toMatch(/^software +build .*\nreview +review .*\ndocs .*\nrefactor .*\n$/);
    const { stdout } = await place.orch(['pipelines', 'show', 'review']);
    expect(stdout).toMatch(/^ {2}fail_on +"high" +Least severity that fails the job/m);
    expect(stdout).toMatch(/^ {2}changes +uses \.\/collect-changes\.mjs$/m);
    expect(stdout).toContain('\n  vars:\n    # Branch or commit');
    const { code, stderr } = await place.orch(['pipelines', 'show', 'reviw']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('(software, review, docs, refactor), got `reviw`')]);
  });

  test('a copy runs at once and is not replaced unasked', async (context) => {
    const place = openPlace(context);
    place.write({ 'src/a.js': 'a();\n' });
    expect(await place.orch(['pipelines', 'eject', 'docs', '.'])).toMatchObject({ code: 0, stderr: '' });
    const model = await startModel(context, () => '# A\n\nIt is.\n');
    const { code, stdout } = await place.orch(['run', ...provider], model.env);
    expect([code, stdout]).toEqual([0, stdout]);
    expect(place.output('docs/src/a.js.md')).toBe('# A\n\nIt is.\n');
    const again = await place.orch(['pipelines', 'eject', 'docs', '.']);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('found job.yaml and 3 more: nothing was')]);
    expect((await place.orch(['pipelines', 'eject', 'docs', '.', '--force'])).code).toBe(0);
    expect((await place.orch(['pipelines', 'eject', 'software'])).stdout).toContain('orch run software/job.yaml');
    expect(place.read('software/job.yaml')).toContain('\ntask_description: "Create a notes app');
  });
});
