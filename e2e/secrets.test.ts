import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { logged, openPlace } from './orch.ts';
import type { Environment } from './orch.ts';
import { deploy, expectClean, formsIn, leaksIn, openPlanted, secrets, token } from './planted.ts';
import { eventsOf, resultOf } from './steps.ts';

type Steps = Readonly<Record<string, Record<string, unknown>>>;

const job = (steps: Steps, more: object = {}): object => ({ project: 'p', secrets: ['DEPLOY'], ...more, steps });
const given = { T: { secret: 'PLANT_TOKEN' }, D: { secret: 'DEPLOY' } };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe.concurrent('secrets', () => {
  test('a command gets the real value, and what it prints or writes is kept without it', async (context) => {
    const place = openPlanted(context);
    const shell = (run: string, more: object = {}) => ({ env: given, run, ...more });
    place.write({
      'job.yaml': job({
        real: shell('printf %s "$D" | sha256sum | cut -c1-64'),
        text: shell('printf "%s and %s" "$T" "$D"'),
        coded: shell('printf %s "me:$D" | base64 -w 0; echo; printf %s "$T" | od -An -tx1 | tr -d " \\n"'),
        json: shell('printf \'{"k": "%s", "%s": 1}\' "$T" "$T"', { output: 'json' }),
        lines: shell('printf "%s\\n%s\\nlast\\n" "$T" "$D"', { output: 'lines' }),
        split: shell('printf "%s" "$T" | cut -c1-9 | tr -d "\\n"; sleep 0.05; echo "$T" | cut -c10-; echo "$T" >&2'),
        turns: shell(
          'printf ghp_R2d2; printf c-3po >&2; sleep 0.05; printf Zk9xQ4planted7; printf \' "and" r2&d2=100%%+yes\' >&2',
        ),
        declared: shell('printf "x%sx" "$T" > {{ run.outputs }}/declared.txt', { writes: ['declared.txt'] }),
        undeclared: shell(
          'printf "%s" "$D" > {{ run.outputs }}/left.txt; mkdir -p {{ run.outputs }}/"$T"; echo "$T" > {{ run.outputs }}/"$T"/"$T.txt"',
        ),
        parts: { uses: './parts.ts' },
        listed: { needs: ['parts'], run: 'ls {{ run.outputs }}/named | wc -c' },
        tests: shell(
          'printf \'<testsuite name="s" tests="1" failures="1"><testcase name="%s"><failure message="%s">%s</failure></testcase></testsuite>\' "$T" "$T" "$T"',
          {
            kind: 'gate',
            required: false,
          },
        ),
        file: shell(
          'printf \'<testsuite name="s" tests="1"><testcase name="%s"/></testsuite>\' "$T" > {{ run.outputs }}/r.xml',
          {
            kind: 'gate',
            writes: ['r.xml'],
          },
        ),
      }),
      'parts.ts': `export default async ({ write }) => {
        await write('parts.txt', 'ghp_R2d2Zk9', 'append');
        await write('parts.txt', 'xQ4planted7 end', 'append');
        await write('named/ghp_R2d2Zk9' + 'xQ4planted7.txt', 'named');
      };`,
    });
    const plain = await place.orch(['run']);
    expect(plain).toMatchObject({ code: 0 });
    const result = (step: string) => resultOf(place, step);
    expect(result('real')).toBe(sha256(deploy));
    expect(result('text')).toBe('*** and ***');
    expect(result('json')).toEqual({ k: '***', '***': 1 });
    expect(result('lines')).toEqual(['***', '***', 'last']);
    expect(result('split')).toBe('***');
    expect(place.read('runs', 'latest', 'logs', 'turns.log').replaceAll('\n', '')).toBe('******');
    expect(result('tests')).toMatchObject({
      status: 'failed',
      results: { failures: [{ name: 's > ***', message: '***' }] },
    });
    expect(place.output('declared.txt')).toBe('x***x');
    expect(place.output('left.txt')).toBe('***');
    expect(place.output('***/***.txt')).toBe('***\n');
    expect(place.output('parts.txt')).toBe('*** end');
    expect(place.output('named/***.txt')).toBe('named');
    expect(Number(result('listed'))).toBe('***.txt\n'.length);
    await expectClean(place, plain, await place.orch(['run', '--json']));
  });

  test('what fails says so without the value, in the log and with --verbose', async (context) => {
    const place = openPlanted(context);
    const fail = ['exit', 'cut', 'json', 'name', 'thrown', 'asserts', 'bad'];
    const fails = (step: object) => ({ on_failure: 'continue', ...step });
    place.write({
      'job.yaml': job({
        exit: fails({ env: given, run: 'echo "no $T and $D" >&2; exit 1' }),
        cut: fails({
          env: given,
          run: `printf 'x%.0s' $(seq 1990); printf '%s' "$T"; printf 'y%.0s' $(seq 10); exit 1`,
        }),
        json: fails({ env: given, run: 'echo "{$T"', output: 'json' }),
        name: fails({ env: given, run: 'echo 1 > {{ run.outputs }}/"$T.txt"', writes: ['*.txt'] }),
        thrown: fails({ uses: './throws.ts' }),
        asserts: fails({
          env: given,
          run: 'echo "$T"',
          assert: { that: 'output == "x"', message: 'got {{ output }}' },
        }),
        bad: fails({ needs: ['text'], each: '{{ steps.text.output }}', run: 'true' }),
        text: { uses: './returns.ts' },
        stray: { uses: './strays.ts', needs: fail.map((step) => ({ step, accept: ['failed', 'succeeded'] })) },
      }),
      'throws.ts': `export default () => {
        const error = new Error('threw ' + process.env.PLANT_TOKEN, { cause: new Error('because ' + process.env.DEPLOY) });
        error.stack += ' at ' + process.env.PLANT_TOKEN;
        throw error;
      };`,
      'returns.ts': `export default ({ log, write }) => {
        const { PLANT_TOKEN: t, DEPLOY: d } = process.env;
        log(t); log(d);
        console.log('said', t); console.error('said', d); process.stdout.write(t.slice(0, 8)); process.stdout.write(t.slice(8) + '\\n');
        process.emitWarning('beware of ' + t);
        return write(t + '.txt', 'is ' + d).then(() => ({ [t]: d, list: [Buffer.from(t).toString('base64')] }));
      };`,
      'strays.ts': `export default () => new Promise(() => setTimeout(() => { throw new Error('stray ' + process.env.PLANT_TOKEN); }, 1));`,
    });
    const verbose = await place.orch(['run', '--verbose']);
    expect(verbose).toMatchObject({ code: 1, stdout: expect.stringContaining('said ***') });
    const failed = new Map(eventsOf(place, 'step.failed').map(({ step, data }) => [step, String(data['message'])]));
    expect(failed.get('exit')).toContain('no *** and ***');
    expect(failed.get('thrown')).toContain('threw ***');
    expect(failed.get('asserts')).toBe('got ***');
    expect(failed.get('name')).toContain('***.txt');
    expect(place.output('***.txt')).toBe('is ***');
    await expectClean(place, verbose, await place.orch(['run', '--verbose', '--json']));
  });

  test('what models are asked and what they answer is kept, and sent, without it', async (context) => {
    const place = openPlanted(context);
    const questions: string[] = [];
    const env = await startModel(context, (question) => {
      questions.push(question);
      if (question.includes('as json')) return JSON.stringify({ k: token, [token]: [deploy] });
      const file = question.includes('as files') ? 'plain.md' : `${token}.md`;
      if (question.includes('files')) return `\`\`\`text ${file}\n${deploy}\n\`\`\``;
      return `It is ${token}, and ${deploy}`;
    });
    place.write({
      'job.yaml': job(
        {
          text: { prompt: `say {{ task }} and {{ vars.a }} and {{ vars.b }} and ${token}` },
          system: { system: `You know ${deploy}`, prompt: 'say it' },
          file: { prompt_file: 'prompt.md' },
          attached: { prompt: 'what is this?', attachments: ['attached.txt', 'docs/*.md'] },
          json: { prompt: 'as json', output: 'json', schema: { type: 'object', description: `has ${token}` } },
          files: { prompt: 'as files', output: 'files' },
          named: { prompt: 'as other files', output: 'files', on_failure: 'continue', retry: 0 },
          each: { each: { files: 'docs/*.md' }, prompt: '{{ item.path }} has {{ item.text }}' },
          keyed: { each: { list: ['a'], key: token }, env: { LITERAL: token }, run: 'printf %s "$LITERAL"' },
          asserts: { prompt: 'say', repeat_until: { that: 'round == 2' } },
        },
        { task: `hide ${token}`, vars: { a: deploy, b: [token], c: '' }, provider: 'ollama:m' },
      ),
      'prompt.md': `this file has ${token}`,
      'attached.txt': `attached ${token} ${deploy}`,
      [`docs/${token}.md`]: `a page with ${deploy}`,
    });
    const plain = await place.orch(['run', '--var', `c=x${deploy}x`, '--verbose'], env);
    expect(plain.code, plain.stdout + plain.stderr).toBe(0);
    expect(plain.stdout).toContain('the value of DEPLOY stands in the job');
    expect(resultOf(place, 'text')).toBe('It is ***, and ***');
    expect(resultOf(place, 'json')).toEqual({ k: '***', '***': ['***'] });
    expect(resultOf(place, 'keyed')).toEqual(['***']);
    expect(place.output('plain.md')).toBe('***\n');
    expect(questions).toContain('this file has ***');
    expect(formsIn(questions.join('\n'))).toEqual([]);
    await expectClean(place, plain, await place.orch(['run', '--json', '--verbose'], env));
  });

  test('a recorded reply is used without it', async (context) => {
    const place = openPlanted(context);
    const messages_sha256 = sha256(`[{"role":"user","sha256":"${sha256('say')}"}]`);
    place.write({
      'job.yaml': job({ a: { prompt: 'say' } }, { provider: 'replay' }),
      'recordings/a.1.json': {
        ...{ match: { step: 'a', messages_sha256 }, reply: `${deploy} or ${token}`, finish_reason: 'stop', usage: {} },
        recorded_from: { provider: 'ollama', model: 'm', job_id: 'job_0123456789ab' },
      },
    });
    const plain = await place.orch(['run']);
    expect(plain.code, plain.stdout + plain.stderr).toBe(0);
    expect(resultOf(place, 'a')).toBe('*** or ***');
    await expectClean(place, plain, await place.orch(['run', '--frozen', '--json']));
  });

  test('an error of a provider that echoes what was sent is kept without it', async (context) => {
    const place = openPlanted(context);
    const url = await startServer(context, (request, response) => {
      response.writeHead(500).end(JSON.stringify({ error: { message: `got ${JSON.stringify(request.headers)}` } }));
    });
    place.write({ 'job.yaml': job({ a: { prompt: 'x', retry: 0 } }, { provider: 'openai:m' }) });
    const env = { OPENAI_API_KEY: deploy, OPENAI_BASE_URL: url, PROVIDER_MAX_RETRIES: '0' };
    const ended = [await place.orch(['run', '--verbose'], env), await place.orch(['run', '--json', '--verbose'], env)];
    for (const { code } of ended) expect(code).not.toBe(0);
    if (place.runs().length > 0) await expectClean(place, ...ended);
    for (const { stdout, stderr } of ended) expect(formsIn(stdout + stderr)).toEqual([]);
  });

  test('what persons answer and why they stop a run is kept without it', async (context) => {
    const place = openPlanted(context);
    const asks = { question: 'Is it {{ steps.told.output }}?' };
    const told = { env: given, run: 'echo "$D"' };
    const after = { needs: ['ok'], run: 'echo {{ steps.ok.output.answer }}' };
    place.write({ 'job.yaml': job({ told, ok: { kind: 'approve', ...asks }, after }) });
    const asked = await place.orch(['run']);
    expect(asked).toMatchObject({ code: 3, stdout: expect.stringContaining('Is it ***?') });
    const answered = await place.orch(['approve', 'latest', 'ok', '--answer', `yes, ${token}`]);
    const resumed = await place.orch(['resume', 'latest', '--verbose']);
    expect(resumed).toMatchObject({ code: 0 });
    expect(resultOf(place, 'after')).toBe('yes, ***');
    await place.orch(['run']);
    const rejected = await place.orch(['approve', 'latest', 'ok', '--reject', '--answer', deploy, '--json']);
    const refused = await place.orch(['resume', 'latest', '--json']);
    expect(refused).toMatchObject({ code: 1 });
    await place.orch(['run']);
    const canceled = await place.orch(['cancel', 'latest', '--reason', `it knows ${deploy}`]);
    expect(eventsOf(place, 'job.canceled')).toMatchObject([{ data: { reason: 'it knows ***' } }]);
    await expectClean(place, asked, answered, resumed, rejected, refused, canceled);
  });

  test('jobs within jobs, steps that join, and kinds of others have no way around', async (context) => {
    const place = openPlanted(context);
    place.write({
      'job.yaml': job(
        {
          sub: { spec: 'sub.yaml', vars: { v: token } },
          adds: { uses: './adds.ts' },
          theirs: { kind: 'theirs', say: 'x' },
        },
        { kinds: ['./theirs.ts'] },
      ),
      'sub.yaml': job(
        {
          inner: { env: given, run: `printf '%s' "$D" | sha256sum | cut -c1-64; echo {{ vars.v }} "$T"` },
        },
        { vars: { v: '' } },
      ),
      'adds.ts': `export default ({ addSteps }) => {
        const { PLANT_TOKEN: t } = process.env;
        addSteps({ joined: { env: { D: { secret: 'DEPLOY' }, L: t }, run: 'echo "$D $L"' } });
      };`,
      'theirs.ts': `export default {
        kind: 'theirs', version: 1, fingerprint: (input) => input,
        input: { safeParse: (data) => ({ success: true, data }) },
        async run(input, host) {
          const { PLANT_TOKEN: t, DEPLOY: d } = process.env;
          const digest = host.blobs.put('blob of ' + t);
          await host.emit('artifact.created', { digest, name: 'a ' + d, size_bytes: 1, media_type: 'text/plain' });
          host.log(t.slice(0, 8)); host.log(t.slice(8));
          await host.write('theirs.bin', Buffer.from('\\xff' + t));
          return { status: 'succeeded', output: { [t]: d }, extra: { stderr: d } };
        },
      };`,
    });
    const ended = await place.orch(['run', '--verbose']);
    expect(ended).toMatchObject({ code: 0 });
    expect(resultOf(place, 'sub')).toEqual({ inner: `${sha256(deploy)}\n*** ***` });
    expect(resultOf(place, 'joined')).toBe('*** ***');
    expect(resultOf(place, 'theirs')).toEqual({ '***': '***' });
    await expectClean(place, ended);
  });

  test('a kind of others is handed the secrets that the job names, and no others', async (context) => {
    const place = openPlanted(context);
    place.write({
      'job.yaml': job({ theirs: { kind: 'theirs' }, inner: { spec: './inner.yaml' } }, { kinds: ['./theirs.ts'] }),
      'inner.yaml': { project: 'q', kinds: ['./inner.ts'], steps: { of_outer: { kind: 'asks' } } },
      'inner.ts': `export default {
        kind: 'asks', version: 1, fingerprint: (input) => input,
        input: { safeParse: (data) => ({ success: true, data }) },
        async run(_, host) {
          try { host.secret('DEPLOY'); } catch ({ code }) { return { status: 'succeeded', output: code }; }
        },
      };`,
      'theirs.ts': `export default {
        kind: 'theirs', version: 1, fingerprint: (input) => input,
        input: { safeParse: (data) => ({ success: true, data }) },
        async run(_, host) {
          const named = host.secret('DEPLOY') === process.env.DEPLOY;
          try { host.secret('PLANT_TOKEN'); } catch ({ code }) { return { status: 'succeeded', output: { named, code } }; }
        },
      };`,
    });
    expect(await place.orch(['run'])).toMatchObject({ code: 0 });
    expect(resultOf(place, 'theirs')).toEqual({ named: true, code: 'usage' });
    expect(resultOf(place, 'inner')).toEqual({ of_outer: 'usage' });
  });

  test('a job that does not compile is told of without it', async (context) => {
    const place = openPlanted(context);
    place.write({
      'job.yaml': {
        project: 'p',
        [token]: 1,
        vars: { v: token },
        steps: { a: { run: `echo "{{ vars.v }} ${token}"` } },
      },
      'file.yaml': `project: p\nsteps: { a: { prompt_file: ${token}.md } }\n"${token}`,
    });
    for (const args of [
      ['run'],
      ['run', '--json'],
      ['run', '--verbose'],
      ['validate'],
      ['run', 'file.yaml'],
      ['run', `--${token}`],
    ]) {
      const { code, stdout, stderr } = await place.orch(args);
      expect({ args, code, found: formsIn(stdout + stderr) }).toEqual({ args, code: 2, found: [] });
    }
    expect(place.runs()).toEqual([]);
  });

  test('a run that was killed in the middle of one goes on, and has none', async (context) => {
    const place = openPlanted(context);
    place.write({
      'job.yaml': job({
        a: {
          env: given,
          run: 'printf "%s" "$T" | head -c 9; echo "$D" > {{ run.outputs }}/left.txt; test -e gone && echo "$T" || { touch gone; sleep 60; }',
        },
      }),
    });
    const started = place.start(['run']);
    await logged(place, 'process.started', 'a');
    await expect.poll(() => existsSync(place.path('gone')), { timeout: 10_000 }).toBe(true);
    started.kill('SIGKILL');
    await started.ended;
    const early = await place.orch(['export', place.runs()[0] ?? '', '-o', 'early.tar.gz']);
    expect(early.code).not.toBe(0);
    expect(existsSync(place.path('early.tar.gz'))).toBe(false);
    const resumed = await place.orch(['resume', place.runs()[0] ?? '']);
    expect(resumed).toMatchObject({ code: 0 });
    expect(place.output('left.txt')).toBe('***\n');
    await expectClean(place, early, resumed);
  });

  test('what an earlier run kept before the value was a secret is not taken over, nor exported', async (context) => {
    const place = openPlace(context);
    const env = await startModel(context, () => `It is ${token}`);
    place.write({
      'job.yaml': {
        project: 'p',
        provider: 'ollama:m',
        steps: {
          asks: { prompt: 'say' },
          makes: { cache: 'on', reads: ['a.txt'], writes: ['m.txt'], run: 'cp a.txt {{ run.outputs }}/m.txt' },
        },
      },
      'a.txt': token,
    });
    await place.orch(['run'], env);
    const [before = ''] = place.runs();
    expect(leaksIn(place.path('runs', before), place.dir)).not.toEqual([]);
    const ended = await place.orch(['run', '--verbose'], { ...env, PLANT_TOKEN: token });
    expect(ended).toMatchObject({ code: 0 });
    const [after = ''] = place.runs().filter((id) => id !== before);
    expect(leaksIn(place.path('runs', after), place.dir)).toEqual([]);
    expect(resultOf(place, 'asks')).toBe('It is ***');
    expect(place.output('m.txt')).toBe('***');
    const exported = await place.orch(['export', before, '-o', 'x.tar.gz'], { PLANT_TOKEN: token });
    expect(exported).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/without secrets, found some in .*events\.jsonl/),
    });
    expect(existsSync(place.path('x.tar.gz'))).toBe(false);
  });

  test('the plan names a secret and never has it: another value reuses the step, none ends before the start', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': {
        project: 'p',
        steps: {
          uses: { env: { D: { secret: 'DEPLOY' } }, run: 'printf %s "$D" | wc -c' },
          ok: { kind: 'approve', question: 'On?', needs: ['uses'] },
          after: { needs: ['ok'], env: { D: { secret: 'DEPLOY' } }, run: 'printf %s "$D" | wc -c' },
        },
      },
    });
    const missing = await place.orch(['run']);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('DEPLOY') });
    expect(await place.orch(['run'], { DEPLOY: 'short' })).toMatchObject({ code: 2 });
    expect(place.runs()).toEqual([]);
    expect(await place.orch(['run'], { DEPLOY: deploy })).toMatchObject({ code: 3 });
    expect(place.read('runs', 'latest', 'inputs', 'plan.json')).toContain('"DEPLOY"');
    await place.orch(['approve', 'latest', 'ok'], {});
    expect(await place.orch(['resume', 'latest'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DEPLOY'),
    });
    expect(await place.orch(['resume', 'latest'], { DEPLOY: 'rotated-to-another' })).toMatchObject({ code: 0 });
    expect(eventsOf(place, 'step.started').filter(({ step }) => step === 'uses')).toHaveLength(1);
    expect(resultOf(place, 'after')).toBe(String('rotated-to-another'.length));
  });

  test('a job that has none is the same with secrets around it and without', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': { project: 'p', steps: { a: { run: 'echo one' }, b: { run: 'echo {{ steps.a.output }}' } } },
    });
    const digests = () =>
      place.events().map(({ type, step, data }) => [type, step, data['plan_hash'], data['input_hash'], data['output']]);
    await place.orch(['run']);
    const without = digests();
    await place.orch(['run'], secrets);
    expect(digests().toSorted()).toEqual(without.toSorted());
  });

  test.for([
    ['the name of step 1', { steps: { ghp_r2d2: { run: 'true' } } }],
    ['the name of the project', { project: 'ghp_r2d2', steps: { a: { run: 'true' } } }],
    ['the command of step a', { steps: { a: { run: 'rm -rf ./ghp_r2d2' } } }],
    ['the command of step a', { steps: { a: { command: 'echo', args: ['x', 'ghp_r2d2'] } } }],
    ['the name of one of its vars', { vars: { ghp_r2d2: 1 }, steps: { a: { run: 'true' } } }],
  ] as const)('a secret in %s is refused', async ([where, more], context) => {
    const place = openPlace(context);
    place.write({ 'job.yaml': { project: 'p', ...more } });
    const { code, stderr } = await place.orch(['run'], { MY_TOKEN: 'ghp_r2d2' });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`no secret in ${where}: the value of MY_TOKEN`),
    });
    expect(place.runs()).toEqual([]);
  });
});

/** Speaks Ollama's language, each character of the answer by itself. */
async function startModel(context: TestContext, answer: (question: string) => string): Promise<Environment> {
  const url = await startServer(context, async (request, response) => {
    if (request.url === '/api/tags') return void response.end(JSON.stringify({ models: [{ name: 'm' }] }));
    if (request.url === '/api/show') return void response.writeHead(404).end('{}');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: { content: string }[] };
    const line = (content: string, end: object) =>
      `${JSON.stringify({ model: 'm', message: { role: 'assistant', content }, done: false, ...end })}\n`;
    for (const character of answer(messages.map(({ content }) => content).join('\n')))
      response.write(line(character, {}));
    response.end(line('', { done: true, done_reason: 'stop' }));
  });
  return { OLLAMA_BASE_URL: url };
}

async function startServer(
  { onTestFinished }: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
