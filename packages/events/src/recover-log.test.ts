import { appendFileSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OrchError } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLog, readLog, verifyLog } from './index.ts';
import type { AnyEvent, LogPlace } from './index.ts';

type Notes = { note: { n: number } };

const jobId = 'job_0123456789ab';
const count = 8;
const places: LogPlace[] = [];
let bytes: Buffer;

beforeAll(async () => {
  const path = join(tempDir(afterAll), 'events.jsonl');
  const log = await openLog<Notes>(path, { jobId });
  for (let n = 1; n <= count; n++) {
    await log.append('note', { n });
    places.push(log.last);
  }
  await log.close();
  bytes = readFileSync(path);
});

/** A log with this content, alone in a folder that is used once or again and again. */
function logWith(content: Buffer, dir = tempDir()): string {
  const path = join(dir, 'events.jsonl');
  writeFileSync(path, content);
  for (const name of tornIn(path)) unlinkSync(join(dir, name));
  return path;
}

function tornIn(path: string): string[] {
  return readdirSync(dirname(path)).filter((name) => name.startsWith('events.torn-'));
}

async function reopen(path: string, watermark?: LogPlace) {
  const found: AnyEvent[] = [];
  const onFound = (event: AnyEvent) => found.push(event);
  const log = await openLog<Notes>(path, { jobId, durability: 'relaxed', watermark, onFound });
  const appended = await log.append('note', { n: 99 });
  await log.close();
  return { log, events: [...found, appended] };
}

test('a log cut at any byte opens, keeps every whole line, and goes on; the torn one lies beside it', async () => {
  const dir = tempDir();
  for (let size = 0; size <= (places[4]?.bytes ?? 0); size++) {
    const path = logWith(bytes.subarray(0, size), dir);
    const { log, events } = await reopen(path);
    const lines = places.filter((place) => place.bytes <= size).length;
    const torn = size - (places[lines - 1]?.bytes ?? 0);
    const recovered = torn === 0 ? [] : ['log.recovered'];
    expect(events.map(({ type }) => type)).toEqual([...Array<string>(lines).fill('note'), ...recovered, 'note']);
    expect(await verifyLog(path)).toMatchObject({ ok: true });
    expect(tornIn(path)).toEqual(torn === 0 ? [] : ['events.torn-1']);
    if (torn === 0) continue;
    const file = join(dir, 'events.torn-1');
    expect(log.repaired).toEqual({ bytes: torn, seq: lines, file });
    expect(events.at(-2)).toMatchObject({ data: { bytes: torn, seq: lines } });
    expect(readFileSync(file, 'utf8')).toBe(bytes.toString('utf8', size - torn, size));
  }
});

test('a byte changed anywhere beyond the watermark costs no line before it', async () => {
  const dir = tempDir();
  const known = places[2] as LogPlace;
  const somewhere = fc.integer({ min: known.bytes, max: bytes.length - 1 });
  await fc.assert(
    fc.asyncProperty(somewhere, fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      const path = logWith(damaged, dir);
      const { log, events } = await reopen(path, known);
      expect(await Array.fromAsync(readLog<Notes>(path))).toEqual(events);
      const line = places.filter((place) => place.bytes <= at).length + 1;
      // A line that is still JSON shows its damage only when the next one does not fit it.
      expect([line - 1, line]).toContain(log.repaired?.seq ?? count);
      const intact = places[line - 2]?.bytes;
      expect(readFileSync(path).toString('utf8', 0, intact)).toBe(bytes.toString('utf8', 0, intact));
      expect(await verifyLog(path)).toMatchObject({ ok: true });
    }),
  );
});

test('damage before the watermark is corrupt_log with file and line, and nothing is touched', async () => {
  const path = logWith(damagedAt(4));
  const before = readFileSync(path, 'utf8');
  const opened = openLog(path, { jobId, watermark: places[5] });
  await expect(opened).rejects.toMatchObject({ code: 'corrupt_log', message: expect.stringMatching(`^${path}:4: `) });
  const read = Array.fromAsync(readLog(path, { watermark: places[5] }));
  await expect(read).rejects.toMatchObject({ code: 'corrupt_log', message: expect.stringMatching(`^${path}:4: `) });
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(tornIn(path)).toEqual([]);
});

test('a byte changed anywhere before the watermark is corrupt_log, or is found by digest when the log is verified', async () => {
  const watermark = places[count - 1] as LogPlace;
  const path = logWith(bytes);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      writeFileSync(path, damaged);
      const line = places.filter((place) => place.bytes <= at).length + 1;
      const namesIt = expect.toSatisfy((n) => n === line || n === line + 1);
      const misfit = { code: 'corrupt_log', details: { line: namesIt } };
      expect(await verifyLog(path, watermark)).toMatchObject({ ok: false, error: misfit });
      const opened = await openLog<Notes>(path, { jobId, durability: 'relaxed', watermark }).catch((error: unknown) =>
        OrchError.from(error),
      );
      // The job's id may be damaged in the one line that all others are measured by.
      if (!(opened instanceof OrchError)) await opened.close();
      else if (opened.code !== 'usage') expect(opened).toMatchObject(misfit);
      expect(readFileSync(path).equals(damaged)).toBe(true);
      expect(tornIn(path)).toEqual([]);
    }),
  );
});

test('a watermark that names another line than the log has is corrupt_log', async () => {
  const last = places[4] as LogPlace;
  for (const watermark of [
    { ...last, sha256: 'f'.repeat(64) },
    { ...last, seq: 4 },
    { ...last, bytes: last.bytes - 1 },
  ]) {
    const path = logWith(bytes);
    await expect(openLog(path, { jobId, watermark })).rejects.toThrow(`${path}:5: `);
  }
});

test('a newline lost before the watermark is no tail either', async () => {
  const watermark = places[count - 1] as LogPlace;
  const damaged = Buffer.from(bytes);
  damaged[bytes.length - 1] = 32;
  const path = logWith(damaged);
  await expect(openLog(path, { jobId, watermark })).rejects.toThrow(`${path}:8: `);
});

test('a log that ends before its watermark goes on with a warning, and does not verify', async () => {
  const watermark = places[6] as LogPlace;
  for (const size of [0, places[2]?.bytes, (places[3]?.bytes ?? 0) - 7]) {
    const path = logWith(bytes.subarray(0, size));
    expect(await verifyLog(path, watermark)).toMatchObject({ ok: false, error: { code: 'corrupt_log' } });
    const { log } = await reopen(path, watermark);
    expect(log.behind).toEqual(watermark);
    expect(await verifyLog(path, watermark)).toMatchObject({ ok: false, error: { code: 'corrupt_log' } });
    expect(await verifyLog(path)).toMatchObject({ ok: true });
  }
});

test('each torn end is kept under a name of its own', async () => {
  const path = logWith(bytes);
  for (const torn of ['{"seq":9', 'garbage\n', '\0'.repeat(500)]) {
    appendFileSync(path, torn);
    await reopen(path);
  }
  expect(tornIn(path).toSorted()).toEqual(['events.torn-1', 'events.torn-2', 'events.torn-3']);
  expect(await verifyLog(path)).toMatchObject({ ok: true, value: { count: count + 6 } });
});

test('verifying names the first line that does not fit', async () => {
  const fits = logWith(bytes);
  expect(await verifyLog(fits, places[3])).toEqual({ ok: true, value: { count, last: places.at(-1) } });
  const changed = Buffer.from(bytes.toString().replace('"n":3', '"n":4'));
  for (const [damaged, line] of [
    [damagedAt(2), 2],
    [changed, 4],
    [bytes.subarray(0, -1), 8],
    [bytes.subarray(places[0]?.bytes), 1],
  ] as const) {
    const path = logWith(damaged);
    const error = { code: 'corrupt_log', details: { line }, message: expect.stringMatching(`^${path}:${line}: `) };
    expect(await verifyLog(path)).toMatchObject({ ok: false, error });
  }
  expect(await verifyLog(join(tempDir(), 'none'))).toMatchObject({ ok: false, error: { code: 'not_found' } });
});

/** The log with a line that does not begin as JSON. */
function damagedAt(line: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged.write('[', places[line - 2]?.bytes ?? 0);
  return damaged;
}
