import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { planResume, resume, run } from './index.ts';
import type { OrchEvent, ResumeJobOptions, RunHandle } from './index.ts';

const spec = `
project: p
provider: { name: ollama, model: m, options: { temperature: 0 } }
vars: { tone: dry }
steps:
  plain: { prompt: 'Say hello, {{ vars.tone }}.' }
  file: { prompt_file: ./ask.md, system: You are terse. }
  json: { prompt: Give a title., schema: { title: string } }
  keep: { write: { 'keep.md': '{{ steps.plain.output }} {{ steps.json.output.title }}' } }
  code: { uses: ./code.mjs }
  list: { run: 'ls docs', reads: ['docs/*'], output: lines }
  each: { each: '{{ steps.list.output }}', run: 'echo {{ item }}' }
`;

describe('a job that is compiled anew runs again what was edited, and no more', () => {
  const edits: Readonly<Record<string, readonly [(place: Place) => void, readonly string[]]>> = {
    nothing: [() => undefined, []],
    'a prompt': [edit('Say hello', 'Say hi'), ['plain', 'keep']],
    'a prompt file': [({ write }) => write('ask.md', 'Ask another.'), ['file']],
    'what the model is told of itself': [edit('terse', 'wordy'), ['file']],
    'a schema': [edit('title: string }', 'title: string, tags: [string] }'), ['json', 'keep']],
    'an option of the model': [edit('temperature: 0', 'temperature: 1'), ['file', 'json', 'plain']],
    'a variable': [edit('tone: dry', 'tone: wry'), ['plain', 'keep', 'code']],
    'a module': [({ write }) => write('code.mjs', 'export default () => 2;'), ['code']],
    'a template': [edit("'keep.md': '", "'keep.md': '# "), ['keep']],
    'a command whose output stays the same': [edit("'ls docs'", "'ls  docs'"), ['list']],
    'a file that is read, not its name': [({ write }) => write('docs/a.md', 'other'), ['list']],
    'a file more to read': [({ write }) => write('docs/c.md', 'C'), ['each', 'each/', 'each/', 'each/', 'list']],
    'when and how often a provider is asked': [
      edit(
        '{ temperature: 0 }',
        '{ temperature: 0 }, limits: { requests_per_minute: 600, max_parallel: 2 }, resilience: { retries: 1 }',
      ),
      [],
    ],
    'how long a step waits': [edit('title: string } }', 'title: string }, resilience: { first_byte_s: 9 } }'), []],
    'limits and retries': [edit('output: lines }', 'output: lines, retry: 3, timeout_s: 9 }'), []],
  };

  test.each(Object.entries(edits))('%s', async (_, [change, ran]) => {
    const place = await openPlace();
    const { jobId } = await ended(run('job.yaml', place.options));
    change(place);
    const planned = await planResume(join(place.cwd, 'runs', jobId), { ...place.options, spec: 'job.yaml' });
    const { events, status } = await ended(resume(jobId, { ...place.options, spec: 'job.yaml' }));
    expect(status).toBe('succeeded');
    const started = events.flatMap(({ type, step, item }) => {
      return type === 'step.started' ? [item === undefined ? step : `${step}/`] : [];
    });
    expect(started.toSorted()).toEqual([...ran].toSorted());
    const willRun = planned.plan.units.filter(({ will, item }) => will === 'run' && item === undefined);
    expect(started).toEqual(expect.arrayContaining(willRun.map(({ step }) => step)));
    const asked = events.filter(({ type }) => type === 'llm.request').length;
    expect(asked).toBe(ran.filter((step) => ['plain', 'file', 'json'].includes(step)).length);
    expect(readFileSync(join(place.cwd, 'runs', jobId, 'outputs/p/keep.md'), 'utf8')).toMatch(/answer .* T$/);
  });
});

describe('without a job file', () => {
  test('a run goes on with its own plan, whatever became of the file it was made from', async () => {
    const place = await openPlace();
    place.write(
      'job.yaml',
      "project: p\nsteps:\n  a: { run: 'test -e go', retry: 0 }\n  b: { run: echo old, needs: [a] }\n",
    );
    const { jobId, status } = await ended(run('job.yaml', place.options));
    expect(status).toBe('failed');
    place.write('job.yaml', 'nonsense: [');
    place.write('go', '');
    const second = await ended(resume(jobId, place.options));
    expect([second.status, second.manifest.steps['b']?.output?.inline]).toEqual(['succeeded', 'old']);
  });

  test('variables of the command line are kept, also with the file compiled anew, unless they are given anew', async () => {
    const place = await openPlace();
    place.write('job.yaml', "project: p\nvars: { v: file }\nsteps:\n  a: { run: 'echo {{ vars.v }}' }\n");
    const { jobId } = await ended(run('job.yaml', { ...place.options, vars: { v: 'flag' } }));
    const said = async (options: ResumeJobOptions) =>
      (await ended(resume(jobId, { ...place.options, ...options }))).manifest.steps['a']?.output?.inline;
    const anew = { spec: 'job.yaml' };
    const vars = { v: 'now' };
    expect([await said({}), await said(anew), await said({ ...anew, vars }), await said(anew)]).toEqual([
      ...['flag', 'flag', 'now', 'now'],
    ]);
  });

  test('code that has changed is not run in the name of the plan', async () => {
    const place = await openPlace();
    const { jobId } = await ended(run('job.yaml', place.options));
    place.write('code.mjs', 'export default () => 2;');
    expect((await ended(resume(jobId, place.options))).status).toBe('succeeded'); // it need not run
    const { manifest } = await ended(resume(jobId, { ...place.options, from: 'code' }));
    const [failure] = manifest.failures;
    expect(failure).toMatchObject({ step: 'code', code: 'conflict', hint: expect.stringContaining('--spec') });
    expect(failure?.message).toContain('code.mjs');
    const anew = await ended(resume(jobId, { ...place.options, spec: 'job.yaml' }));
    expect(anew.manifest.steps['code']?.output?.inline).toBe('2');
  });
});

describe('of a run that has finished', () => {
  test.each([undefined, 'job.yaml'])('nothing is executed and nobody is called (job file: %s)', async (file) => {
    const place = await openPlace();
    const { jobId, dir } = await ended(run('job.yaml', place.options));
    place.server.closeAllConnections();
    place.server.close();
    const before = place.requests.length;
    const { events, status } = await ended(resume(jobId, { ...place.options, spec: file }));
    expect(status).toBe('succeeded');
    expect(events.map(({ type }) => type)).toEqual(['job.started', 'step.skipped', 'job.succeeded']);
    expect(place.requests).toHaveLength(before);
    expect(readdirSync(join(dir, 'outputs/p'))).toEqual(['keep.md']);
  });

  test('a provider that is needed again and is not there is told before anything is written', async () => {
    const place = await openPlace();
    const { jobId, dir } = await ended(run('job.yaml', place.options));
    place.server.closeAllConnections();
    place.server.close();
    const log = readFileSync(join(dir, 'events.jsonl'), 'utf8');
    const resumed = resume(jobId, { ...place.options, from: 'plain' });
    await expect(resumed.result).rejects.toMatchObject({ code: 'network', exit: 5 });
    expect(readFileSync(join(dir, 'events.jsonl'), 'utf8')).toBe(log);
  });
});

test.each<[string, (place: Place) => Partial<ResumeJobOptions>, object]>([
  ['another project', edited('project: p', 'project: q'), { code: 'usage', exit: 2, message: /project p .* q/ }],
  ['a step that is not there', () => ({ from: 'nope' }), { code: 'usage', exit: 2, message: /nope/ }],
  ['a job file with faults', edited('steps:', 'stepz:'), { code: 'spec', exit: 2 }],
])('%s is refused, and the log stays as it is', async (_, options, error) => {
  const place = await openPlace();
  const { jobId, dir } = await ended(run('job.yaml', place.options));
  const log = readFileSync(join(dir, 'events.jsonl'), 'utf8');
  const given = { ...place.options, ...options(place) };
  const message = 'message' in error ? { message: expect.stringMatching(error.message as RegExp) } : {};
  await expect(resume(jobId, given).result).rejects.toMatchObject({ ...error, ...message });
  expect(readFileSync(join(dir, 'events.jsonl'), 'utf8')).toBe(log);
});

test('a run whose blob of the plan is gone says so', async () => {
  const place = await openPlace();
  const { jobId, dir, manifest } = await ended(run('job.yaml', place.options));
  const digest = manifest.plan_hash ?? '';
  rmSync(join(dir, 'artifacts', digest.slice(0, 2), digest));
  rmSync(join(dir, 'inputs', 'plan.json'));
  const error = { code: 'corrupt_log', message: expect.stringContaining(digest) };
  await expect(resume(jobId, place.options).result).rejects.toMatchObject(error);
});

type Asked = {
  readonly format?: { readonly properties: Readonly<Record<string, unknown>> };
  readonly messages: readonly { readonly content: string }[];
};

type Place = {
  readonly cwd: string;
  readonly options: ResumeJobOptions;
  readonly server: Server;
  /** Paths that were asked of the model's server. */
  readonly requests: readonly string[];
  readonly write: (path: string, content: string) => void;
};

/** A folder with the job, and an Ollama beside it that has the model `m`. */
async function openPlace(): Promise<Place> {
  const cwd = tempDir();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (request.url === '/api/tags') return void response.end(JSON.stringify({ models: [{ name: 'm' }] }));
    if (request.url === '/api/show') return void response.writeHead(404).end('{}');
    let asked = '';
    request.setEncoding('utf8').on('data', (text: string) => (asked += text));
    request.on('end', () => {
      const { format, messages } = JSON.parse(asked) as Asked;
      const question = messages.at(-1)?.content;
      const title = JSON.stringify(
        format?.properties['tags'] === undefined ? { title: 'T' } : { title: 'T', tags: [] },
      );
      const content = format === undefined ? `answer to ${question}` : title;
      response.end(
        `${JSON.stringify({ model: 'm', message: { role: 'assistant', content }, done: true, done_reason: 'stop' })}\n`,
      );
    });
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const write = (path: string, content: string): void => writeFileSync(join(cwd, path), content);
  mkdirSync(join(cwd, 'docs'));
  const files = {
    'job.yaml': spec,
    'ask.md': 'Ask.',
    'code.mjs': 'export default () => 1;',
    'docs/a.md': 'A',
    'docs/b.md': 'B',
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  const env = { OLLAMA_BASE_URL: address, PATH: process.env['PATH'] };
  return { cwd, server, requests, write, options: { cwd, env, durability: 'relaxed' } };
}

function edit(from: string, to: string): (place: Place) => void {
  return ({ write }) => write('job.yaml', spec.replace(from, to));
}

function edited(from: string, to: string): (place: Place) => Partial<ResumeJobOptions> {
  return (place) => {
    edit(from, to)(place);
    return { spec: 'job.yaml' };
  };
}

async function ended(handle: RunHandle) {
  const events: OrchEvent[] = [];
  for await (const event of handle) events.push(event);
  return { ...(await handle.result), events };
}
