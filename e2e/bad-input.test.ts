import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcher, openPlace, start } from './orch.ts';
import type { Ended, Place } from './orch.ts';
import { badJobs, badProviders, badUse, fine } from './bad-input.ts';
import type { Case, Servers } from './bad-input.ts';

const ollama = createServer((request, response) => {
  const known = request.url === '/api/tags';
  response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify(known ? { models: [{ name: 'qwen2.5:7b' }, { name: 'llama3:latest' }] } : { error: '?' }),
  );
});
let servers: Servers = { reachable: '', unreachable: '' };

beforeAll(async () => {
  const closed = createServer();
  const [reachable, unreachable] = await Promise.all([ollama, closed].map(listen));
  await new Promise((resolve) => closed.close(resolve));
  servers = { reachable: reachable ?? '', unreachable: unreachable ?? '' };
});
afterAll(() => void ollama.close());

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const refused = [...badJobs, ...badProviders, ...badUse];

function setUp(place: Place, { job, files = {} }: Case): void {
  place.write({ ...files, ...(job === undefined ? {} : { 'job.yaml': job }) });
}

function expectRefusal({ code, stdout, stderr }: Ended, { exit, says }: Pick<Case, 'exit' | 'says'>): void {
  for (const words of says) {
    if (typeof words === 'string') expect(stderr).toContain(words);
    else expect(stderr).toMatch(words);
  }
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr).not.toMatch(/^ {4}at /m);
}

async function expectNothingRunning(place: Place): Promise<void> {
  const runs = place.runs().filter((run) => existsSync(place.path('runs', run, 'manifest.json')));
  if (runs.length === 0) return;
  const { stdout } = await place.orch(['list', '--json']);
  const shown = (JSON.parse(stdout) as { status: string }[]).map(({ status }) => status);
  const written = runs.map(
    (run) => (JSON.parse(place.read('runs', run, 'manifest.json')) as { status: string }).status,
  );
  expect([...shown, ...written]).not.toContain('running');
}

describe.concurrent('refused with what was expected, what came and what to do', () => {
  test.for(refused)('$name', async (one, context) => {
    const place = openPlace(context);
    setUp(place, one);
    expectRefusal(await place.orch(one.args, one.env?.(servers)), one);
    await expectNothingRunning(place);
  });
});

describe.concurrent('with --json an error is JSON on standard output, and nothing else is', () => {
  const pick = (name: string): Case => {
    const found = refused.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no case ${name}`);
    return found;
  };
  const cases: readonly (readonly [string, string])[] = [
    ['an unknown provider as a flag', 'usage'],
    ['openai without a key', 'unconfigured'],
    ['an Ollama without the model', 'model_missing'],
    ['a runs folder below a file', 'io'],
    ['an unknown job id', 'not_found'],
    ['an unknown flag', 'usage'],
    ['an unknown command', 'usage'],
  ];
  test.for(cases)('%s', async ([name, code], context) => {
    const one = pick(name);
    const place = openPlace(context);
    setUp(place, one);
    const ended = await place.orch([...one.args, '--json'], one.env?.(servers));
    expect(ended).toMatchObject({ code: one.exit, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code, message: expect.any(String) } });
  });

  test('each problem of a job has its file, line and column', async (context) => {
    const place = openPlace(context);
    setUp(place, pick('several errors, all at once'));
    const { stdout } = await place.orch(['run', 'job.yaml', '--json']);
    const { error } = JSON.parse(stdout) as { error: { code: string; details: { problems: { line: number }[] } } };
    expect(error.code).toBe('spec');
    expect(error.details.problems.map(({ line }) => line)).toEqual([1, 3, 5, 7, 8]);
    expect(error.details.problems[0]).toMatchObject({ file: 'job.yaml', column: 1, code: 'unknown_key' });
  });
});

test.concurrent('--verbose adds the stack of an error', async (context) => {
  const place = openPlace(context);
  const { code, stderr } = await place.orch(['run', 'missing.yaml', '--verbose']);
  expect(code).toBe(2);
  expect(stderr).toContain('Expected a job file at missing.yaml');
  expect(stderr).toMatch(/^ {4}at /m);
});

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const canBeNobody =
  process.getuid?.() === 0 && spawnSync('setpriv', [...nobody.slice(1), launcher, '--version']).status === 0;

describe.skipIf(!canBeNobody)(
  'as a user who may not write there (needs root, setpriv and a readable clone)',
  { concurrent: true },
  () => {
    test.for([
      ['the runs folder', 'runs', []],
      ['the folder it would be made in', '.', []],
      ['a runs folder elsewhere', 'elsewhere', ['--runs-dir', 'elsewhere']],
    ] as const)('%s', async ([, closed, flags], context) => {
      const place = openPlace(context);
      place.write({ 'job.yaml': fine });
      mkdirSync(place.path(closed), { recursive: true });
      chmodSync(place.dir, 0o755);
      const ended = await start([...nobody, launcher, 'run', 'job.yaml', ...flags], { cwd: place.dir }).ended;
      expectRefusal(ended, {
        exit: 2,
        says: ['Expected a folder for runs that can be written', 'EACCES', '--runs-dir'],
      });
      expect(place.runs()).toEqual([]);
    });
  },
);
