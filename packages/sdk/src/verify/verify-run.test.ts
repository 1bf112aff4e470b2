import {
  appendFileSync,
  chmodSync,
  cpSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { openLog } from '@orch/events';
import type { EventData, EventType, Where } from '@orch/contracts';
import { acquireLock, openBlobs } from '@orch/filestore';
import { tempDir } from '@orch/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../run.ts';
import { verifyRun } from './verify-run.ts';

const job = `
project: p
steps:
  ask: { prompt: Say hello. }
  many: { each: [a, b], prompt: 'about {{ item }}' }
  big: { run: 'seq 1 3000' }
  keep: { needs: [ask], write: { a/hello.md: '{{ steps.ask.output }}', b.md: two } }
  cached: { run: 'echo once', cache: on, reads: [], writes: [] }
`;

let whole = '';
let jobId = '';

beforeAll(async () => {
  const cwd = tempDir(afterAll);
  writeFileSync(join(cwd, 'job.yaml'), job);
  const { dir, status } = await run('job.yaml', { cwd, provider: 'echo' }).result;
  expect(status).toBe('succeeded');
  whole = dir;
  jobId = basename(dir);
});

test('a run is whole, and what was looked at is counted', async () => {
  const events = readFileSync(join(whole, 'events.jsonl'), 'utf8').trimEnd().split('\n').length;
  const counts = { events, files: 2, blobs: filesIn(join(whole, 'artifacts')).length, replies: 4 };
  expect(await verifyRun(whole)).toEqual({
    ok: true,
    value: { jobId, dir: whole, ...counts, live: false, unsettled: [], children: [] },
  });
});

test('looking changes nothing', async () => {
  const dir = copy();
  const before = readdirSync(dir, { recursive: true }).sort();
  for (const name of ['run.lock', 'owner.json', 'inbox']) rmSync(join(dir, name), { recursive: true });
  await verifyRun(dir);
  expect(readdirSync(dir, { recursive: true }).sort()).toEqual(
    before.filter((name) => !['run.lock', 'owner.json', 'inbox'].includes(String(name))),
  );
});

test.each<[string, (dir: string) => void, Readonly<Record<string, string | RegExp>>]>([
  ['a byte of a line', (dir) => flip(join(dir, 'events.jsonl'), 'Say|"level":"INFO"'), { path: 'events.jsonl:2' }],
  ['the last line', (dir) => flip(join(dir, 'events.jsonl'), 'job.succeeded'), { what: 'the event log' }],
  ['a file', (dir) => flip(join(dir, 'outputs/p/b.md'), 'two'), { path: 'outputs/p/b.md', what: /step keep/ }],
  ['a file that is gone', (dir) => rmSync(join(dir, 'outputs/p/a/hello.md')), { found: 'no such file' }],
  ['a blob', (dir) => flip(blobWith(dir, '2999'), '2999'), { what: 'the output of step big' }],
  ['a blob that is gone', (dir) => rmSync(blobWith(dir, '2999')), { found: 'no such file' }],
  ['the job file', (dir) => rmSync(blobWith(dir, 'project: p')), { what: 'the job file' }],
  ['the items of a fan-out', (dir) => rmSync(blobWith(dir, '"item":"a"')), { what: 'the items of step many' }],
  ['a prompt', (dir) => flip(blobWith(dir, /^Say hello.$/), 'Say'), { what: 'a message of step ask' }],
  ['what was written', (dir) => rmSync(blobWith(dir, /^two$/)), { what: 'what was written to outputs/p/b.md' }],
  ['a reply', (dir) => flip(replyWith(dir, 'Say hello.'), 'Say hello.'), { what: 'a reply that step ask used' }],
  ['a reply that is gone', (dir) => rmSync(replyWith(dir, 'about a')), { what: /^a reply that item \w+ of step many/ }],
  ['a result from the cache', (dir) => rmSync(replyWith(dir, 'once')), { what: 'a reply that step cached used' }],
  ['the plan', (dir) => flip(join(dir, 'inputs/plan.json'), 'seq 1 3000'), { path: 'inputs/plan.json' }],
  ['the manifest', (dir) => flip(join(dir, 'manifest.json'), '"succeeded"'), { path: 'manifest.json/status' }],
])('what does not fit is named: %s', async (_, damage, details) => {
  const dir = copy();
  damage(dir);
  const patterns = Object.entries(details).map(([name, text]) => [name, expect.stringMatching(text) as string]);
  const verified = await verifyRun(dir);
  expect(verified).toMatchObject({
    ok: false,
    error: { code: 'corrupt_log', exit: 8, details: Object.fromEntries(patterns) },
  });
});

test('a log that ends before what was synced is damaged; one whose manifest is torn or gone is not', async () => {
  const dir = copy();
  const log = join(dir, 'events.jsonl');
  const [first = ''] = readFileSync(log, 'utf8').split(/(?<=\n)/);
  truncateSync(log, first.length);
  expect(await verifyRun(dir)).toMatchObject({
    ok: false,
    error: { message: expect.stringMatching(/the log ends at line 1/) },
  });
  writeFileSync(join(dir, 'manifest.json'), '{"log":');
  expect(await verifyRun(dir)).toMatchObject({ ok: true, value: { events: 1, files: 0 } });
});

test('an end that nobody acknowledged is told, and is no damage; one of acknowledged lines is', async () => {
  const dir = copy();
  const log = join(dir, 'events.jsonl');
  appendFileSync(log, '{"seq":');
  expect(await verifyRun(dir)).toMatchObject({ ok: true, value: { tail: { bytes: 7, whole: false } } });
  appendFileSync(log, ' nothing\n{}\n');
  expect(await verifyRun(dir)).toMatchObject({ ok: true, value: { tail: { bytes: 19, whole: true } } });
  flip(log, '"job.started"');
  expect(await verifyRun(dir)).toMatchObject({ ok: false });
});

test('a run that somebody is writing is verified as far as its log goes, and said to be live', async () => {
  const dir = copy();
  const lock = await acquireLock(join(dir, 'run.lock'));
  writeFileSync(join(dir, 'outputs/p/b.md'), 'new');
  expect(await verifyRun(dir)).toMatchObject({ ok: true, value: { live: true, unsettled: ['outputs/p/b.md'] } });
  lock.release();
});

test('a file that a step was rewriting when its process died is unsettled; once the step is done it has to fit', async () => {
  const dir = copy();
  const hash = '0'.repeat(64);
  await append(dir, 'job.started', { ...(startOf(dir) as EventData['job.started']), attempt: 2 });
  await append(dir, 'step.started', { attempt: 2, input_hash: hash, worker: 'local' }, { step: 'keep' });
  writeFileSync(join(dir, 'outputs/p/b.md'), 'half');
  expect(await verifyRun(dir)).toMatchObject({ ok: true, value: { unsettled: ['outputs/p/b.md'], files: 1 } });
  const output = { sha256: sha256('null'), size_bytes: 4, media_type: 'application/json', inline: 'null' };
  const done = { duration_s: 1, provider_calls: 0, input_hash: hash, output, files: [] };
  await append(dir, 'step.succeeded', done, { step: 'keep' });
  expect(await verifyRun(dir)).toMatchObject({ ok: false, error: { details: { path: 'outputs/p/b.md' } } });
});

test('a plan that was kept for an attempt which never began is no damage, that of an earlier attempt is', async () => {
  const dir = copy();
  const old = JSON.parse(readFileSync(join(dir, 'inputs/plan.json'), 'utf8')) as object;
  const plan = canonicalJson({ ...old, concurrency: 7 });
  openBlobs(join(dir, 'artifacts'), { durability: 'relaxed' }).put(plan);
  writeFileSync(join(dir, 'inputs/plan.json'), plan);
  expect(await verifyRun(dir)).toMatchObject({ ok: true });
  await append(dir, 'job.started', {
    ...(startOf(dir) as EventData['job.started']),
    attempt: 2,
    plan_hash: sha256(plan),
  });
  expect(await verifyRun(dir)).toMatchObject({ ok: true });
  writeFileSync(join(dir, 'inputs/plan.json'), JSON.stringify(old));
  expect(await verifyRun(dir)).toMatchObject({ ok: false, error: { details: { path: 'inputs/plan.json' } } });
});

test('lines that follow by digest but cannot follow by what they say are named', async () => {
  const dir = copy();
  await append(dir, 'job.succeeded', { duration_s: 1, artifacts: 0 });
  expect(await verifyRun(dir)).toMatchObject({
    ok: false,
    error: { details: { expected: 'an event that can follow' } },
  });
  const other = copy();
  await append(other, 'step.failed', { message: 'no code' } as never, { step: 'ask' });
  expect(await verifyRun(other)).toMatchObject({
    ok: false,
    error: { details: { expected: 'the data of step.failed' } },
  });
});

test('a path in the log that leads out of the run is not followed', async () => {
  const dir = copy();
  const file = { path: '../../secret', sha256: sha256('two'), size_bytes: 3, wrote: true, reason: 'created' } as const;
  await append(dir, 'file.written', file, { step: 'keep' });
  expect(await verifyRun(dir)).toMatchObject({
    ok: false,
    error: { details: { found: expect.stringMatching(/".."/) } },
  });
});

test('a folder without a log is not found', async () => {
  expect(await verifyRun(join(tempDir(), jobId))).toMatchObject({ ok: false, error: { code: 'not_found' } });
});

/** Under its own name, elsewhere. */
function copy(): string {
  const dir = join(tempDir(), jobId);
  cpSync(whole, dir, { recursive: true });
  return dir;
}

/** Changes the first byte of the first place that fits, to another letter. */
function flip(path: string, text: string): void {
  const content = readFileSync(path, 'utf8');
  const at = content.search(new RegExp(text)) + 1;
  chmodSync(path, 0o644);
  writeFileSync(path, `${content.slice(0, at)}${content[at] === 'x' ? 'y' : 'x'}${content.slice(at + 1)}`);
}

function blobWith(dir: string, text: string | RegExp): string {
  return fileWith(join(dir, 'artifacts'), text);
}

function replyWith(dir: string, text: string): string {
  return fileWith(join(dir, '.cache'), text);
}

function fileWith(folder: string, text: string | RegExp): string {
  const found = filesIn(folder).find((path) => new RegExp(text).test(readFileSync(path, 'utf8')));
  if (found === undefined) throw new Error(`nothing in ${folder} has ${String(text)}`);
  return found;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function startOf(dir: string): unknown {
  const [first = ''] = readFileSync(join(dir, 'events.jsonl'), 'utf8').split('\n');
  return (JSON.parse(first) as { data: unknown }).data;
}

async function append<T extends EventType>(dir: string, type: T, data: EventData[T], where: Where = {}): Promise<void> {
  const log = await openLog(join(dir, 'events.jsonl'), { jobId, durability: 'relaxed' });
  await log.append(type, data, where);
  await log.close();
}
