import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { tempDir } from '@orch/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { root } from '../tools/checks.mjs';
import { notesApi, startNotesModel } from './notes-model.ts';
import { openPlace, orch, start } from './orch.ts';
import type { Ended, Environment, Place } from './orch.ts';

const node = join(root, '.toolchain', 'bin', 'node');

type Recording = { match: { messages_sha256: string }; reply: string };

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** Path → digest of every file below a folder. */
function digests(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [relative(dir, path), sha256(readFileSync(path))] as const).sort());
}

describe.concurrent('notes-api from recorded replies', () => {
  let runs = '';
  let ended: Ended;
  let outputs = '';
  let gate: { tests: number; passed: number; failed: number };

  beforeAll(async () => {
    let remove = (): void => undefined;
    const cwd = tempDir((whenDone) => (remove = whenDone));
    ended = await orch(['run', join(notesApi, 'job.yaml'), '--provider', 'replay'], { cwd });
    runs = join(cwd, 'runs');
    outputs = join(runs, 'latest', 'outputs', 'notes_api');
    const log = readFileSync(join(runs, 'latest', 'events.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const events = log.map((line) => JSON.parse(line) as { type: string; data: { results: typeof gate } });
    gate = events.find(({ type }) => type === 'gate.passed')?.data.results ?? { tests: 0, passed: 0, failed: 0 };
    return remove;
  });

  test('it succeeds, says that no model was called, and tells the tree of files and the real test count', () => {
    const { code, stdout, stderr } = ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('replay: recorded replies, no model was called');
    expect(gate.tests).toBeGreaterThanOrEqual(8);
    expect(stdout).toContain(`${gate.tests} tests passed`);
    expect(stdout).toContain(runs);
    for (const name of ['notes_api/', 'package.json', 'README.md', 'server.mjs']) expect(stdout).toContain(name);
    expect(Object.keys(digests(outputs))).toEqual(
      expect.arrayContaining([
        'README.md',
        'package.json',
        'src/server.mjs',
        expect.stringMatching(/^test\/.+\.test\.mjs$/),
      ]),
    );
  });

  test('the tests of the generated project pass by hand, as many as the gate counted', async () => {
    const byHand = await start([node, '--test', '--test-reporter=tap'], { cwd: outputs }).ended;
    expect(byHand.code).toBe(0);
    const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(byHand.stdout)?.[1]);
    expect({ tests: count('tests'), passed: count('pass'), failed: count('fail') }).toEqual({
      tests: gate.tests,
      passed: gate.passed,
      failed: gate.failed,
    });
  });

  test('recorded replies never feed the shared cache', () => {
    expect(existsSync(join(runs, '.cache'))).toBe(false);
    expect(readdirSync(join(runs, 'latest', '.cache'))).toHaveLength(4);
  });

  type Vendor = { readonly name: string; readonly model: string; readonly env: (url: string) => Environment };
  const key = 'sk-of-the-notes-test-0123456789';
  const vendors: readonly Vendor[] = [
    { name: 'openai', model: 'gpt-4o', env: (url) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: key }) },
    { name: 'ollama', model: 'gpt-4o', env: (url) => ({ OLLAMA_BASE_URL: url }) },
  ];

  test.for(vendors)(
    '$name, over real HTTP, makes the same files; asked again it makes no request',
    async (vendor, context) => {
      const place = copyOfNotes(context);
      rmSync(place.path('recordings'), { recursive: true });
      const model = await startNotesModel();
      context.onTestFinished(() => model.stop());
      const questions = (): number => model.getRequests().filter(({ method }) => method === 'POST').length;
      const provider = ['--provider', `${vendor.name}:${vendor.model}`];

      const first = await place.orch(['run', ...provider], vendor.env(model.url));
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.stdout).not.toContain('no model was called');
      expect(questions()).toBe(4);
      expect(digests(place.path('runs', 'latest', 'outputs', 'notes_api'))).toEqual(digests(outputs));
      const { code, stdout } = await place.orch(['record']);
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('recordings/qa.1.json') });

      expect(await place.orch(['run', '--only', 'qa', ...provider], vendor.env(model.url))).toMatchObject({ code: 0 });
      expect(questions()).toBe(4);
      expect(digests(place.path('runs', 'latest', 'outputs', 'notes_api'))).toEqual(digests(outputs));
      expect(await start(['grep', '-rl', key, '.'], { cwd: place.path('runs') }).ended).toMatchObject({ stdout: '' });

      const replayed = await place.orch(['run', '--only', 'qa', '--provider', 'replay'], vendor.env(model.url));
      expect(replayed).toMatchObject({ code: 0, stderr: '' });
      expect(questions()).toBe(4);
    },
  );
});

function copyOfNotes(context: TestContext): Place {
  const place = openPlace(context);
  cpSync(notesApi, place.dir, { recursive: true });
  return place;
}

describe.concurrent('notes-api with something broken fails, also the second time', () => {
  test('a recorded program that does not do what its tests say', async (context) => {
    const place = copyOfNotes(context);
    const builder = JSON.parse(place.read('recordings', 'builder.1.json')) as Recording;
    const failing = "import { test } from 'node:test';\ntest('is broken', () => { throw new Error('broken'); });\n";
    const reply = `${builder.reply}\n\n\`\`\`js test/broken.test.mjs\n${failing}\`\`\`\n`;
    place.write({ 'recordings/builder.1.json': { ...builder, reply } });
    expect(await place.orch(['run', '--only', 'qa', '--provider', 'replay'])).toMatchObject({ code: 1 });
    letReviewPass(place);
    for (const time of ['first', 'second']) {
      const { code, stdout } = await place.orch(['run', '--provider', 'replay']);
      expect([time, code]).toEqual([time, 1]);
      expect(stdout).toMatch(/tests \(gate_failed\): 1 of \d+ tests failed: ".*is broken"/);
      expect(place.events().map(({ type }) => type)).toContain('gate.failed');
      expect(place.events().at(-1)).toMatchObject({ type: 'job.failed' });
    }
    expect(existsSync(place.path('runs', '.cache'))).toBe(false);
  });

  test('a prompt for which there is no recording', async (context) => {
    const place = copyOfNotes(context);
    place.write({ 'prompts/architect.md': `${place.read('prompts', 'architect.md')}\nBe brief.\n` });
    for (const time of ['first', 'second']) {
      const { code, stdout } = await place.orch(['run', '--provider', 'replay']);
      expect([time, code]).toEqual([time, 1]);
      expect(stdout).toContain('architect (recording_missing)');
      expect(stdout).toContain('architect.1.json');
      expect(stdout).toMatch(/messages .*has changed/);
      expect(stdout).toContain('orch record');
    }
    expect(existsSync(place.path('runs', '.cache'))).toBe(false);
  });
});

/** Makes the recorded review answer the question that the last run asked about the changed program. */
function letReviewPass(place: Place): void {
  const artifacts = Object.values(digestedTexts(place.path('runs', 'latest', 'artifacts')));
  const system = artifacts.find((text) => text.startsWith('You review what was really written')) ?? '';
  const user =
    artifacts.find((text) => text.includes('These files were written:') && text.includes('--- src/app.mjs')) ?? '';
  const messages = [
    { role: 'system', sha256: sha256(system) },
    { role: 'user', sha256: sha256(user) },
  ];
  const review = JSON.parse(place.read('recordings', 'qa.1.json')) as Recording;
  review.match.messages_sha256 = sha256(JSON.stringify(messages));
  place.write({ 'recordings/qa.1.json': review });
}

function digestedTexts(dir: string): Record<string, string> {
  return Object.fromEntries(Object.keys(digests(dir)).map((path) => [path, readFileSync(join(dir, path), 'utf8')]));
}

describe.concurrent('repo-report', () => {
  const job = join(root, 'examples', 'repo-report', 'job.yaml');
  const tableRow = (report: string, name: string): string[] =>
    (report.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '').split('|').map((cell) => cell.trim());

  test('lists every package of this repository', async (context) => {
    const place = openPlace(context);
    expect(await place.orch(['run', job])).toMatchObject({ code: 0, stderr: '' });
    const report = place.output('report.md');
    const folders = readdirSync(join(root, 'packages'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of folders) expect(tableRow(report, `@orch/${name}`)).toHaveLength(7);
    expect(report).toContain(`# ${folders.length} packages`);
    expect(Number(tableRow(report, '@orch/contracts')[2])).toBeGreaterThan(500);
    expect(existsSync(place.path('runs', '.cache'))).toBe(false);
  });

  test('reports on another repository, whatever its folders are called', async (context) => {
    const place = openPlace(context);
    place.write({
      'mono repo/packages/plain/package.json': {
        name: 'plain',
        description: 'Plain',
        dependencies: { a: '1', b: '1' },
      },
      'mono repo/packages/plain/src/index.ts': 'one\ntwo\nthree\n',
      'mono repo/packages/plain/src/deep/index.test.ts': 'four\n',
      'mono repo/packages/no-sources/package.json': { name: 'no-sources' },
      "mono repo/packages/it's $(touch pwned); touch pwned/package.json": { name: 'hostile' },
      "mono repo/packages/it's $(touch pwned); touch pwned/src/a.ts": 'one\n',
      'mono repo/packages/no-package/src/index.ts': 'one\n',
    });
    const ended = await place.orch(['run', job, '--var', `repo=${place.path('mono repo')}`]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const report = place.output('report.md');
    expect(report).toContain('# 3 packages');
    expect(tableRow(report, 'plain').slice(1, -1)).toEqual(['plain', '4', '1', '2', 'Plain']);
    expect(tableRow(report, 'no-sources').slice(1, -1)).toEqual(['no-sources', '0', '0', '0', '']);
    expect(tableRow(report, 'hostile').slice(1, -1)).toEqual(['hostile', '1', '0', '0', '']);
    expect(report).toContain('5 lines in all.');
    expect(existsSync(place.path('pwned')) || existsSync(join(root, 'examples', 'repo-report', 'pwned'))).toBe(false);
  });
});
