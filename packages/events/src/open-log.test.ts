import { hash } from 'node:crypto';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventEnvelope, checkEvent } from '@orch/contracts/schemas';
import { FakeClock, tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { openLog, verifyLog } from './index.ts';
import type { OpenLogOptions } from './index.ts';

type Notes = { 'note.added': { text: string }; 'note.failed': { text: string; will_retry?: boolean } };

const jobId = 'job_0123456789ab';

function notes(path: string, options: Partial<OpenLogOptions> = {}) {
  return openLog<Notes>(path, { jobId, durability: 'relaxed', ...options });
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

test('a line carries the envelope in its order, chained to the line before by digest', async () => {
  const path = join(tempDir(), 'new', 'events.jsonl');
  const log = await notes(path, { clock: new FakeClock() });
  const first = await log.append('note.added', { text: 'ä' }, { step: 's', item: 'i' });
  const second = log.push('note.failed', { text: 'b', will_retry: true });
  await log.append('note.added', { text: 'c' }, { step: undefined, level: 'ERROR' });
  await log.close();

  const [a = '', b = '', c = ''] = linesOf(path);
  const stamp = '"ts":"2026-01-01T00:00:00.000Z"';
  expect(a).toBe(
    `{"seq":1,${stamp},"level":"INFO","job_id":"${jobId}","type":"note.added","step":"s","item":"i",` +
      `"data":{"text":"ä"},"prev":"${'0'.repeat(64)}"}`,
  );
  expect(JSON.parse(a)).toEqual(first);
  expect(JSON.parse(b)).toEqual(second);
  expect(second).toMatchObject({ seq: 2, level: 'WARN', prev: hash('sha256', a) });
  expect(JSON.parse(c)).toMatchObject({ seq: 3, level: 'ERROR', prev: hash('sha256', b) });
  expect(JSON.parse(c)).not.toHaveProperty('step');
  for (const line of [a, b, c]) eventEnvelope.strict().parse(JSON.parse(line));
  const bytes = readFileSync(path).length;
  expect(log.last).toEqual({ seq: 3, bytes, sha256: hash('sha256', c) });
});

test('time in a log never goes back, also when it is opened again', async () => {
  const path = join(tempDir(), 'events.jsonl');
  let now = 2_000;
  const clock = { now: () => now, monotonic: () => 0 };
  const log = await notes(path, { clock });
  const stamps = [await log.append('note.added', { text: 'at 2' })];
  now = 1_000;
  stamps.push(await log.append('note.added', { text: 'set back' }));
  await log.close();
  const again = await notes(path, { clock });
  stamps.push(await again.append('note.added', { text: 'still' }));
  now = 3_000;
  stamps.push(await again.append('note.added', { text: 'at 3' }));
  await again.close();
  const two = '1970-01-01T00:00:02.000Z';
  expect(stamps.map(({ ts }) => ts)).toEqual([two, two, two, '1970-01-01T00:00:03.000Z']);
});

test('what does not fit is refused before anything is written, and leaves no gap', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const log = await openLog(path, { jobId, durability: 'relaxed', check: checkEvent });
  const unchecked = await openLog<Record<string, unknown>>(join(tempDir(), 'e'), { jobId, durability: 'relaxed' });
  await expect(log.append('step.skipped', { reason: 'no reason' as never })).rejects.toThrow('step.skipped');
  for (const data of [undefined, null, [], 'text']) {
    expect(() => unchecked.push('x', data)).toThrow(expect.objectContaining({ code: 'usage' }));
  }
  for (const type of ['', undefined as never]) {
    await expect(unchecked.append(type, {})).rejects.toMatchObject({ code: 'usage' });
  }
  await expect(openLog(path, { jobId: '' })).rejects.toMatchObject({ code: 'usage' });
  expect(readFileSync(path, 'utf8')).toBe('');
  expect(await log.append('step.skipped', { reason: 'job_failed' })).toMatchObject({ seq: 1 });
  await Promise.all([log.close(), unchecked.close()]);
});

test('a line takes 64 kB with its newline and no byte more, whatever the text', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const log = await notes(path);
  await log.append('note.added', { text: '' });
  const room = 65_536 - log.last.bytes;
  const tooLong = 'ä'.repeat(Math.floor(room / 2) + 1);
  await expect(log.append('note.added', { text: tooLong })).rejects.toThrow(/at most 65536 bytes, got 6553[78]/);
  await log.append('note.added', { text: 'ä'.repeat(Math.floor(room / 2)) });
  await log.close();
  expect(await verifyLog(path)).toMatchObject({ ok: true, value: { count: 2 } });
});

test('a log that is opened again goes on where it ended', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const first = await notes(path);
  await first.append('note.added', { text: 'a' });
  await first.close();
  await using log = await notes(path);
  expect(log.last).toEqual(first.last);
  expect(log.repaired).toBeUndefined();
  expect(await log.append('note.added', { text: 'b' })).toMatchObject({ seq: 2, prev: first.last.sha256 });
  expect(await verifyLog(path)).toEqual({ ok: true, value: { count: 2, last: log.last } });
});

test('a log of another job is not written to', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const first = await notes(path);
  await first.append('note.added', { text: 'a' });
  await first.close();
  await expect(notes(path, { jobId: 'job_ffffffffffff' })).rejects.toThrow(
    `the log of job_ffffffffffff, it is that of ${jobId}`,
  );
});

test('a second writer is noticed before a write; what it wrote stays', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const log = await notes(path);
  await log.append('note.added', { text: 'a' });
  appendFileSync(path, 'from elsewhere\n');
  const before = readFileSync(path, 'utf8');
  await expect(log.append('note.added', { text: 'b' })).rejects.toMatchObject({ code: 'locked' });
  expect(() => log.push('note.added', { text: 'c' })).toThrow(expect.objectContaining({ code: 'locked' }));
  await expect(log.close()).rejects.toMatchObject({ code: 'locked' });
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('closing writes what was pushed, may be repeated, and ends the log', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const log = await notes(path);
  log.push('note.added', { text: 'a' });
  await Promise.all([log.close(), log.close()]);
  expect(linesOf(path)).toHaveLength(1);
  expect(() => log.push('note.added', { text: 'b' })).toThrow('was closed');
});

test('a folder that cannot be written to is an io error', async () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'file'), '');
  await expect(notes(join(dir, 'file', 'events.jsonl'))).rejects.toMatchObject({ code: 'io' });
  expect(readdirSync(dir)).toEqual(['file']);
});
