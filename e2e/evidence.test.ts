import { chmodSync, cpSync, existsSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { startModel } from './model-server.ts';
import { appears, openPlace } from './orch.ts';
import type { Place } from './orch.ts';
import { openPipe } from './pipe.ts';
import { show } from './shown.ts';
import { expectSuccess } from './steps.ts';
import { tarGz } from './tar.ts';
import type { TarEntry } from './tar.ts';

const id = 'job_0123456789ab';
const outside = join(tmpdir(), `orch-escaped-${process.pid}`);

describe.concurrent('evidence', () => {
  test('verify counts what is whole, and names what is not', async (context) => {
    const { place, job } = await finishedRun(context);
    const whole = await place.orch(['verify']);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout).toMatch(new RegExp(`^${job} is whole: \\d+ events, 3 files, 1\\d blobs, 4 replies\n$`));
    const named = await Promise.all(
      Object.entries(damages).map(async ([name, damage], at) => {
        const runsDir = place.path(`damaged-${at}`);
        cpSync(place.path('runs', job), join(runsDir, job), { recursive: true });
        damage(join(runsDir, job));
        const { code, stdout } = await place.orch(['verify', job, '--runs-dir', runsDir, '--json']);
        const { error } = JSON.parse(stdout) as { error: { code: string; details: { path: string } } };
        return [name, code, error.code, error.details.path];
      }),
    );
    const blob = expect.stringMatching(/^artifacts\/..\/\w{64}$/) as string;
    expect(named).toEqual([
      ['a line of the log', 8, 'corrupt_log', 'events.jsonl:5'],
      ['a log that was cut', 8, 'corrupt_log', 'events.jsonl:5'],
      ['a file', 8, 'corrupt_log', 'outputs/p/b.md'],
      ['a blob', 8, 'corrupt_log', blob],
      ['a blob that is gone', 8, 'corrupt_log', blob],
      ['a reply', 8, 'corrupt_log', expect.stringMatching(/^\.cache\/\w{64}\.json$/)],
      ['the plan', 8, 'corrupt_log', 'inputs/plan.json'],
    ]);
  });

  test('a run goes into another folder and is the same there; a damaged archive does not', async (context) => {
    const { place, job } = await finishedRun(context);
    const [shown, verified, gzip, zstd] = await Promise.all([
      show(place),
      place.orch(['verify']),
      place.orch(['export', '-o', 'run.tar.gz']),
      place.orch(['export', '-o', 'run.tar.zst']),
    ]);
    expect(gzip).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining(`run.tar.gz: ${job}`) as string,
    });
    expect(zstd).toMatchObject({ code: 0, stderr: '' });
    const bytes = readFileSync(place.path('run.tar.gz'));
    writeFileSync(place.path('cut.tar.gz'), bytes.subarray(0, bytes.length / 2));
    const bare = tarGz([{ name: `${job}/events.jsonl`, content: place.read('runs', job, 'events.jsonl') }]);
    writeFileSync(place.path('bare.tar.gz'), bare);
    const ended = await Promise.all([
      ...['run.tar.gz', 'run.tar.zst', 'cut.tar.gz', 'bare.tar.gz'].map((file) =>
        place.orch(['import', file, '--runs-dir', `from-${file}`]),
      ),
      place.orch(['export', '-o', 'cut.tar.gz']),
    ]);
    const said = (text: string) => expect.stringContaining(text) as string;
    expect(ended).toMatchObject([
      { code: 0, stderr: '', stdout: said(`orch show ${job}`) },
      { code: 0, stderr: '' },
      { code: 2, stderr: said('Expected a whole archive') },
      { code: 8, stderr: said('(the job file)') },
      { code: 2, stderr: said('--force') },
    ]);
    expect(readdirSync(place.path('from-run.tar.gz'))).toEqual([job]);
    for (const file of ['cut.tar.gz', 'bare.tar.gz']) expect(readdirSync(place.path(`from-${file}`))).toEqual([]);
    const there = { ORCH_RUNS_DIR: place.path('from-run.tar.zst') };
    const away = await place.orch(['show', job, '--json'], there);
    expect({ ...(JSON.parse(away.stdout) as object), dir: '' }).toEqual({ ...shown, dir: '' });
    expect(await place.orch(['verify', job], there)).toEqual(verified);
  });

  test('import refuses what is not the archive of one run, and leaves nothing behind', async (context) => {
    const place = openPlace(context);
    place.write({ 'runs/mine.txt': 'mine', [`there/${id}/events.jsonl`]: '' });
    const refused = await Promise.all(
      Object.entries(evilArchives).map(async ([name, entries], at) => {
        const file = place.path(`${at}.tar.gz`);
        writeFileSync(file, tarGz(entries));
        const { code, stderr } = await place.orch(['import', file, ...(evilFlags[name] ?? [])]);
        return [name, code === 1 || code === 2, /^error: (.*)$/m.exec(stderr)?.[1]];
      }),
    );
    expect(refused).toEqual([
      ['an absolute path', true, expect.stringContaining('it is absolute')],
      ['a way up', true, expect.stringContaining('".."')],
      ['a link', true, expect.stringContaining('it is a symlink')],
      ['a device', true, expect.stringContaining('it is a character-device')],
      ['names that differ in case', true, expect.stringContaining('differs only in case')],
      ['two runs', true, expect.stringContaining('the archive of one run')],
      ['no run', true, expect.stringContaining('"notes"')],
      ['a run that is there', true, expect.stringContaining(`has ${id}`)],
      ['too many files', true, expect.stringContaining('at most 2 files and folders')],
      ['too many bytes', true, expect.stringContaining('at most 100000 bytes')],
    ]);
    expect(readdirSync(place.path('runs'))).toEqual(['mine.txt']);
    expect(readdirSync(place.path('there'))).toEqual([id]);
    expect(existsSync(outside)).toBe(false);
  });

  test('a run that is being written is verified so far, and not exported', async (context) => {
    const place = openPlace(context);
    const pipe = openPipe(place, context);
    place.write({ 'job.yaml': { project: 'p', steps: { a: { run: 'touch started; read -r _ < go' } } } });
    const running = place.start(['run']);
    await appears(place.path('started'));
    const [verified, exported] = await Promise.all([
      place.orch(['verify']),
      place.orch(['export', '-o', 'run.tar.gz']),
    ]);
    expect(verified).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('It is being written') as string,
    });
    expect(exported).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/held by another process \(pid \d+/) as string,
    });
    expect(existsSync(place.path('run.tar.gz'))).toBe(false);
    pipe.release();
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(await place.orch(['export', '-o', 'run.tar.gz'])).toMatchObject({ code: 0 });
  });
});

async function finishedRun(context: TestContext): Promise<{ readonly place: Place; readonly job: string }> {
  const place = openPlace(context);
  const model = await startModel(context, (question) => `An answer to ${question}`);
  place.write({ 'docs/a.md': 'A', 'docs/b.md': 'B' });
  await expectSuccess(
    place,
    {
      ask: { prompt: 'Hello?' },
      pages: { each: { files: 'docs/*.md' }, prompt: 'Page {{ item.text }}' },
      big: { run: 'seq 1 3000' },
      keep: { write: { 'a/hello.md': '{{ steps.ask.output }}', 'b.md': 'two' } },
      made: { run: 'echo made > {{ run.outputs }}/made.txt', writes: ['made.txt'], cache: 'on', reads: [] },
    },
    { env: model.env, job: { provider: 'ollama:m' } },
  );
  const [job = ''] = place.runs();
  return { place, job };
}

const damages: Readonly<Record<string, (dir: string) => void>> = {
  'a line of the log': (dir) => change(join(dir, 'events.jsonl'), (text) => lineChanged(text, 4)),
  'a log that was cut': (dir) => truncateSync(join(dir, 'events.jsonl'), firstLines(join(dir, 'events.jsonl'), 5)),
  'a file': (dir) => change(join(dir, 'outputs/p/b.md'), (text) => text.replace('w', 'v')),
  'a blob': (dir) => change(blobWith(dir, '2999'), (text) => text.replace('2999', '2998')),
  'a blob that is gone': (dir) => rmSync(blobWith(dir, 'Page A')),
  'a reply': (dir) => change(fileWith(join(dir, '.cache'), 'to Hello'), (text) => text.replace('to Hello', 'to hello')),
  'the plan': (dir) => change(join(dir, 'inputs/plan.json'), (text) => text.replace('3000', '3001')),
};

const evilArchives: Readonly<Record<string, readonly TarEntry[]>> = {
  'an absolute path': [{ name: outside }],
  'a way up': [{ name: `${id}/../../../../../../../..${outside}` }],
  'a link': [{ name: `${id}/x`, type: '2', link: '/etc' }],
  'a device': [{ name: `${id}/x`, type: '3' }],
  'names that differ in case': [{ name: `${id}/x` }, { name: `${id}/X` }],
  'two runs': [{ name: `${id}/x` }, { name: 'job_ba9876543210/x' }],
  'no run': [{ name: 'notes/x' }],
  'a run that is there': [{ name: `${id}/x` }],
  'too many files': [1, 2, 3].map((n) => ({ name: `${id}/${n}` })),
  'too many bytes': [{ name: `${id}/x`, content: '0'.repeat(200_000) }],
};

const evilFlags: Readonly<Record<string, readonly string[]>> = {
  'a run that is there': ['--runs-dir', 'there'],
  'too many files': ['--max-entries', '2'],
  'too many bytes': ['--max-size', '100kB'],
};

function change(path: string, edit: (text: string) => string): void {
  const text = edit(readFileSync(path, 'utf8'));
  chmodSync(path, 0o644);
  writeFileSync(path, text);
}

/** One letter of a line. */
function lineChanged(text: string, line: number): string {
  const lines = text.split('\n');
  return lines.map((content, at) => (at === line - 1 ? content.replace('"INFO"', '"INFq"') : content)).join('\n');
}

/** How many bytes they have. */
function firstLines(path: string, count: number): number {
  const lines = readFileSync(path, 'utf8')
    .split(/(?<=\n)/)
    .slice(0, count);
  return Buffer.byteLength(lines.join(''));
}

function blobWith(dir: string, text: string): string {
  return fileWith(join(dir, 'artifacts'), text);
}

function fileWith(folder: string, text: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const found = names
    .map(({ parentPath, name }) => join(parentPath, name))
    .find((path) => readFileSync(path, 'utf8').includes(text));
  if (found === undefined) throw new Error(`nothing in ${folder} has ${text}`);
  return found;
}
