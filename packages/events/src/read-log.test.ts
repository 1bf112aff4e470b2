import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { openLog, readLog } from './index.ts';
import type { LogTail } from './index.ts';

type Notes = { odd: { n: number; pad?: string }; even: { n: number; pad?: string } };

async function written(count: number, pad = '') {
  const path = join(tempDir(), 'events.jsonl');
  const log = await openLog<Notes>(path, { jobId: 'job_0123456789ab', durability: 'relaxed' });
  for (let n = 1; n <= count; n++) log.push(n % 2 ? 'odd' : 'even', { n, pad }, { step: `s${n % 3}` });
  await log.close();
  return { path, last: log.last };
}

test('events come in order, filtered by place, type and step', async () => {
  const { path } = await written(12);
  const seqs = async (options?: Parameters<typeof readLog<Notes>>[1]) =>
    (await Array.fromAsync(readLog<Notes>(path, options))).map(({ seq }) => seq);
  expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(await seqs({ from: 10 })).toEqual([10, 11, 12]);
  expect(await seqs({ types: ['even'] })).toEqual([2, 4, 6, 8, 10, 12]);
  expect(await seqs({ from: 3, types: ['odd'], step: 's0' })).toEqual([3, 9]);
});

test('lines of all lengths come whole through the chunks they are read in', async () => {
  const { path, last } = await written(60, 'ü'.repeat(11_111));
  expect(last.bytes).toBeGreaterThan(1_000_000);
  const events = await Array.fromAsync(readLog<Notes>(path, { watermark: last }));
  expect(events.map(({ data }) => data.n)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  expect(new Set(events.map(({ data }) => data.pad?.length))).toEqual(new Set([11_111]));
});

test('reading ends at the first line that does not fit, and says what stands there', async () => {
  const { path, last } = await written(3);
  const lines = readFileSync(path, 'utf8').split('\n');
  for (const [end, reason, whole] of [
    ['{"seq":4', 'newline', false],
    ['x'.repeat(300_000), 'at most 65536 bytes', true],
    ['not json\n', 'expected a JSON object', true],
    ['null\n', 'expected a JSON object', true],
    [`${lines[2]}\n`, 'expected seq 4, got 3', true],
    [`${lines[2]?.replace('"seq":3', '"seq":4')}\n`, 'expected prev', true],
  ] as const) {
    const torn = join(tempDir(), 'events.jsonl');
    writeFileSync(torn, readFileSync(path));
    appendFileSync(torn, `${end}${whole ? '{"seq":5}\n' : ''}`);
    const tails: LogTail[] = [];
    const events = await Array.fromAsync(readLog<Notes>(torn, { watermark: last, onTail: (tail) => tails.push(tail) }));
    expect(events).toHaveLength(3);
    const bytes = readFileSync(torn).length - last.bytes;
    expect(tails).toEqual([{ line: 4, offset: last.bytes, bytes, reason: expect.stringContaining(reason), whole }]);
  }
});

test('a line that is numbered and chained well, but goes back in time or is of another job, does not fit', async () => {
  const { path, last } = await written(1);
  const [line = ''] = readFileSync(path, 'utf8').split('\n');
  const good = { ...(JSON.parse(line) as object), seq: 2, prev: last.sha256 };
  for (const [change, reason] of [
    [{ ts: '2001-01-01T00:00:00.000Z' }, 'expected a ts from'],
    [{ ts: 'yesterday' }, 'expected a JSON object'],
    [{ job_id: 'job_ffffffffffff' }, 'expected job_id'],
  ] as const) {
    const copy = join(tempDir(), 'events.jsonl');
    writeFileSync(copy, `${line}\n${JSON.stringify({ ...good, ...change })}\n`);
    const tails: LogTail[] = [];
    expect(await Array.fromAsync(readLog<Notes>(copy, { onTail: (tail) => tails.push(tail) }))).toHaveLength(1);
    expect(tails).toMatchObject([{ line: 2, reason: expect.stringContaining(reason) as string }]);
  }
});

test('a log that is not there is not_found', async () => {
  const path = join(tempDir(), 'none.jsonl');
  await expect(readLog(path).next()).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining(path),
  });
});
