import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startModel } from './model-server.ts';
import { openPlace, start } from './orch.ts';
import { eventsOf, expectFailure, expectSuccess, resultOf, runSteps } from './steps.ts';

describe.concurrent('shell', () => {
  const hostile = `$(touch pwned) \`touch pwned\` "; touch pwned; ' & touch pwned | > pwned * ~ $HOME \\ \n; touch pwned #`;

  test('values of templates reach commands word for word and are never evaluated', async (context) => {
    const place = openPlace(context);
    place.write({ "docs/$(touch pwned); touch pwned '.md": 'x' });
    await expectSuccess(
      place,
      {
        line: { run: "printf '%s' {{ vars.v }}" },
        args: { command: 'printf', args: ['%s|%s', '{{ vars.v }}', '$HOME'] },
        stdin: { stdin: '{{ vars.v }}', run: 'cat' },
        env: { env: { V: '{{ vars.v }}' }, run: 'printf %s "$V"' },
        echoed: { command: 'echo', args: ['{{ vars.v }}'] },
        again: { run: "printf '<%s>' {{ steps.echoed.output }} --flag={{ vars.v }}" },
        files: { each: { files: 'docs/*.md' }, run: 'test -f {{ item.path }} && echo {{ item.name }}' },
      },
      { job: { vars: { v: hostile } } },
    );
    expect(resultOf(place, 'line')).toBe(hostile);
    expect(resultOf(place, 'args')).toBe(`${hostile}|$HOME`);
    expect(resultOf(place, 'stdin')).toBe(hostile);
    expect(resultOf(place, 'env')).toBe(hostile);
    expect(resultOf(place, 'again')).toBe(`<${hostile}><--flag=${hostile}>`);
    expect(resultOf(place, 'files')).toEqual(["$(touch pwned); touch pwned '.md"]);
    expect(readdirSync(place.dir).sort()).toEqual(['docs', 'job.yaml', 'runs']);
  });

  test.for([
    ['double quotes', 'echo "{{ vars.v }}"'],
    ['single quotes', "echo '{{ vars.v }}'"],
    ['backticks', 'echo `cat {{ vars.v }}`'],
    ['$( )', 'echo $(cat {{ vars.v }})'],
    ['a heredoc', 'cat <<EOF\n{{ vars.v }}\nEOF'],
    ['a comment', 'echo a # {{ vars.v }}'],
  ] as const)('a template inside %s is refused before anything runs', async ([where, run], context) => {
    const place = openPlace(context);
    const { code, stderr } = await runSteps(place, { a: { run } }, { job: { vars: { v: hostile } } });
    expect({ code, runs: place.runs() }).toEqual({ code: 2, runs: [] });
    expect(stderr).toMatch(/^job\.yaml:\d+:\d+: steps\.a\.run: /m);
    expect(stderr).toContain(where);
    expect(readdirSync(place.dir)).toEqual(['job.yaml']);
  });

  test('what a model says is never evaluated: by no shell, and by no template', async (context) => {
    const place = openPlace(context);
    const said = `${hostile} {{ vars.v }} {% assign x = 1 %}`;
    const model = await startModel(context, () => said);
    const steps = {
      says: { prompt: 'x' },
      line: { run: 'printf %s {{ steps.says.output }}' },
      args: { command: 'printf', args: ['%s', '{{ steps.says.output }}'] },
      kept: { write: { 'said.txt': '{{ steps.says.output }}' } },
      each: { each: { list: ['{{ steps.says.output }}'] }, run: 'printf %s {{ item }}' },
    };
    await expectSuccess(place, steps, { env: model.env, job: { provider: 'ollama:m', vars: { v: 'rendered' } } });
    expect(resultOf(place, 'line')).toBe(said);
    expect(resultOf(place, 'args')).toBe(said);
    expect(place.output('said.txt')).toBe(said);
    expect(readdirSync(place.dir).sort()).toEqual(['job.yaml', 'runs']);
  });

  test('output is text, lines or JSON; exit code and stderr can be read; cwd counts from the job', async (context) => {
    const place = openPlace(context);
    place.write({ 'sub/here.txt': 'found' });
    await expectSuccess(place, {
      text: { run: "printf 'one\\n two \\n\\n'" },
      lines: { run: "printf 'one\\n two \\n\\nthree\\n'", output: 'lines' },
      empty: { run: 'true', output: 'lines' },
      json: { run: 'echo \'{"a": [1, null]}\'', output: 'json' },
      cwd: { cwd: 'sub', run: 'cat here.txt' },
      outputs: { cwd: '{{ run.dir }}', run: 'test -f events.jsonl && pwd' },
      warns: { run: 'echo careful >&2; echo done' },
      read: {
        run: 'echo {{ steps.warns.exit_code }} {{ steps.warns.stderr }} {{ steps.json.output.a[0] }}',
        output: 'text',
      },
    });
    expect(resultOf(place, 'text')).toBe('one\n two ');
    expect(resultOf(place, 'lines')).toEqual(['one', ' two ', '', 'three']);
    expect(resultOf(place, 'empty')).toEqual([]);
    expect(resultOf(place, 'json')).toEqual({ a: [1, null] });
    expect(resultOf(place, 'cwd')).toBe('found');
    expect(resultOf(place, 'read')).toBe('0 careful\n 1');
    expect(place.read('runs/latest/logs/warns.log').trimEnd().split('\n').sort()).toEqual(['careful', 'done']);
  });

  test('long tasks, values and outputs are carried whole', async (context) => {
    const place = openPlace(context);
    const long = 'long '.repeat(24_000);
    await expectSuccess(
      place,
      {
        a: { stdin: '{{ task }}{{ vars.v }}', run: 'cat' },
        b: { write: { 'a.txt': '{{ steps.a.output }}' } },
      },
      { job: { task: long, vars: { v: long } } },
    );
    expect(place.output('a.txt')).toBe(long + long);
  });

  test('output that is no JSON fails the step', async (context) => {
    const failure = await expectFailure(openPlace(context), { a: { run: 'echo not json', output: 'json' } });
    expect(failure).toMatchObject({ step: 'a', message: expect.stringContaining('JSON') });
  });

  test('commands see PATH, HOME and their own env, and nothing else of the caller', async (context) => {
    const place = openPlace(context);
    const secret = 'sk-not-for-commands-0123456789';
    await expectSuccess(
      place,
      { a: { env: { MINE: 'yes' }, run: 'env | cut -d= -f1 | sort', output: 'lines' } },
      {
        env: { OPENAI_API_KEY: secret, GITHUB_TOKEN: secret, PROVIDER: 'echo', NODE_OPTIONS: '', LC_ALL: 'C', CI: '1' },
      },
    );
    const seen = (resultOf(place, 'a') as string[]).filter((name) => !['_', 'PWD', 'SHLVL', 'OLDPWD'].includes(name));
    expect(seen).toEqual(['CI', 'HOME', 'LC_ALL', 'MINE', 'ORCH_JOB_ID', 'ORCH_STEP_KEY', 'PATH']);
    expect((await start(['grep', '-rl', secret, '.'], { cwd: place.dir }).ended).stdout).toBe('');
  });

  test('a step that fails at first and not again succeeds at its second try', async (context) => {
    const place = openPlace(context);
    await expectSuccess(place, {
      flaky: {
        run: 'echo x >> tries; test "$(wc -l < tries)" -ge 2 && echo "$ORCH_STEP_KEY" >> keys',
        retry: { tries: 2, base_s: 0 },
      },
    });
    const failed = eventsOf(place, 'step.failed');
    expect(failed).toMatchObject([{ level: 'WARN', data: { attempt: 1, will_retry: true, code: 'command_failed' } }]);
    expect(eventsOf(place, 'step.started').map(({ data }) => data['attempt'])).toEqual([1, 2]);
    expect(place.read('tries')).toBe('x\nx\n');
    expect(place.read('runs/latest/manifest.json')).toContain('"attempts":2');
  });

  test('without retry there is one try, and with it no more than it says', async (context) => {
    const place = openPlace(context);
    await expectFailure(place, { a: { run: 'echo x >> once; false' } });
    expect(place.read('once')).toBe('x\n');
    await expectFailure(place, { a: { run: 'echo x >> thrice; false', retry: { tries: 2, base_s: 0 } } });
    expect(place.read('thrice')).toBe('x\nx\nx\n');
  });

  test('a program that is not there is told at once, without another try', async (context) => {
    const failure = await expectFailure(openPlace(context), { a: { command: 'no-such-program', retry: 3 } });
    expect(failure).toMatchObject({ step: 'a', code: 'command_missing' });
    expect(failure.message).toContain('no-such-program');
  });
});
