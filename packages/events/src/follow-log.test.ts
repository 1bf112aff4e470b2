import { appendFileSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FakeClock, tempDir } from '@orch/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { endsAttempt, followLog, openLog } from './index.ts';
import type { FollowLogOptions } from './index.ts';
import { turns } from './testing/recorded-file.ts';

type Notes = { note: { n: number }; 'job.failed': object; 'job.started': object };

const jobId = 'job_0123456789ab';
const clock = new FakeClock();
const open = (path: string) => openLog<Notes>(path, { jobId, clock, durability: 'relaxed' });

/** Lines of a log as its writer makes them. */
async function linesOf(notes: readonly number[]): Promise<string[]> {
  const path = join(tempDir(), 'events.jsonl');
  const log = await open(path);
  for (const n of notes) log.push('note', { n });
  await log.close();
  return readFileSync(path, 'utf8').split(/(?<=\n)/);
}

/** Follows a log; `next(count)` resolves with the next events, shortened. */
function follow(path: string, options: FollowLogOptions = {}) {
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  const events = followLog<Notes>(path, { signal: ended.signal, ...options });
  const next = async (count: number) => {
    const got: (number | string)[] = [];
    while (got.length < count) {
      const { value, done } = await events.next();
      if (done) return [...got, 'end'];
      got.push(value.type === 'note' ? value.data.n : value.type);
    }
    return got;
  };
  return { next, ended };
}

test('events that are there come first, then each new one, until the attempt ends', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const log = await open(path);
  log.push('note', { n: 1 });
  await log.append('note', { n: 2 });
  const { next } = follow(path);
  const { next: nextFrom } = follow(path, { from: 2 });
  expect(await next(2)).toEqual([1, 2]);
  const third = next(1);
  await log.append('note', { n: 3 });
  expect(await third).toEqual([3]);
  const rest = next(3);
  await log.append('job.failed', {});
  expect(await rest).toEqual(['job.failed', 'end']);
  expect(await nextFrom(9)).toEqual([2, 3, 'job.failed', 'end']);
  await log.close();
});

test('an end that another attempt followed is not the end', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const log = await open(path);
  log.push('job.failed', {});
  await log.append('job.started', {});
  const { next } = follow(path);
  expect(await next(2)).toEqual(['job.failed', 'job.started']);
  const rest = next(9);
  await log.append('job.failed', {});
  expect(await rest).toEqual(['job.failed', 'end']);
  await log.close();
});

test('whoever follows may say what the end is', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const log = await open(path);
  await log.append('job.failed', {});
  const { next } = follow(path, { until: ({ type }) => type === 'note' });
  expect(await next(1)).toEqual(['job.failed']);
  await log.append('note', { n: 1 });
  expect(await next(9)).toEqual([1, 'end']);
  await log.close();
});

test('an attempt that ends while its lock is held is followed into the next one, and left when nobody holds it', async () => {
  const path = join(tempDir(), 'events.jsonl');
  let held = true;
  const log = await open(path);
  await log.append('job.failed', {});
  const { next } = follow(path, { until: ({ type }) => endsAttempt(type) && !held });
  expect(await next(1)).toEqual(['job.failed']);
  const second = next(2);
  await turns(3);
  log.push('job.started', {});
  await log.append('job.failed', {});
  expect(await second).toEqual(['job.started', 'job.failed']);

  const rest = next(1);
  await turns(3);
  held = false;
  expect(await rest).toEqual(['end']);
  await log.close();
});

test('a log that is not there yet is waited for, its folder too', async () => {
  const path = join(tempDir(), 'later', 'events.jsonl');
  const { next } = follow(path);
  const first = next(1);
  const [line = ''] = await linesOf([1]);
  mkdirSync(dirname(path));
  writeFileSync(path, line);
  expect(await first).toEqual([1]);
});

test('a torn line is told when it is whole', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const [one = '', two = ''] = await linesOf([1, 2]);
  writeFileSync(path, one + two.slice(0, 50));
  const { next } = follow(path);
  expect(await next(1)).toEqual([1]);
  const second = next(1);
  await new Promise(setImmediate);
  appendFileSync(path, two.slice(50));
  expect(await second).toEqual([2]);
});

test('a torn line that is cut off and written anew is told once, as it came to be', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const [one = '', two = ''] = await linesOf([1, 2]);
  writeFileSync(path, one + '{"seq":2,"torn');
  const { next } = follow(path);
  expect(await next(1)).toEqual([1]);
  const second = next(1);
  await new Promise(setImmediate);
  truncateSync(path, one.length);
  appendFileSync(path, two);
  expect(await second).toEqual([2]);
});

test('a log that became shorter and went on is followed from where it parts, nothing told twice', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const old = await linesOf([1, 2, 3, 4]);
  const anew = await linesOf([1, 2, 30, 40, 50]);
  writeFileSync(path, old.join(''));
  const { next } = follow(path);
  expect(await next(4)).toEqual([1, 2, 3, 4]);
  const rest = next(3);
  writeFileSync(path, old.slice(0, 2).concat(anew.slice(2)).join(''));
  expect(await rest).toEqual([30, 40, 50]);
});

test('a log that became shorter and stays so is followed as well', async () => {
  const path = join(tempDir(), 'events.jsonl');
  writeFileSync(path, (await linesOf([1, 2, 3, 4])).join(''));
  const { next } = follow(path);
  expect(await next(4)).toEqual([1, 2, 3, 4]);
  const rest = next(1);
  writeFileSync(path, (await linesOf([1, 2, 30])).join(''));
  expect(await rest).toEqual([30]);
});

test('a file put in its place is followed too', async () => {
  const path = join(tempDir(), 'events.jsonl');
  writeFileSync(path, (await linesOf([1])).join(''));
  const { next } = follow(path);
  expect(await next(1)).toEqual([1]);
  const rest = next(2);
  writeFileSync(`${path}.new`, (await linesOf([7, 8])).join(''));
  renameSync(`${path}.new`, path);
  expect(await rest).toEqual([7, 8]);
});

test('a damaged line is waited at until it is mended', async () => {
  const path = join(tempDir(), 'events.jsonl');
  const [one = '', two = ''] = await linesOf([1, 2]);
  writeFileSync(path, `${one}damaged\n`);
  const { next } = follow(path);
  expect(await next(1)).toEqual([1]);
  const rest = next(1);
  await new Promise(setImmediate);
  truncateSync(path, one.length);
  appendFileSync(path, two);
  expect(await rest).toEqual([2]);
});

test('following ends quietly when called off', async () => {
  const path = join(tempDir(), 'events.jsonl');
  writeFileSync(path, (await linesOf([1])).join(''));
  const { next, ended } = follow(path);
  expect(await next(1)).toEqual([1]);
  const rest = next(1);
  ended.abort();
  expect(await rest).toEqual(['end']);
});
