import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { logStart, openLog, openLogFile } from './index.ts';
import type { LogFile, OpenLogOptions } from './index.ts';

type Notes = { note: { n: number } };

const jobId = 'job_0123456789ab';
const turn = () => new Promise(setImmediate);

/** A true file whose syncs end when told to, and which writes down what is done to it. */
function recorded() {
  const path = join(tempDir(), 'events.jsonl');
  const trace: string[] = [];
  const syncs: PromiseWithResolvers<void>[] = [];
  const faults: { write?: () => number; sync?: () => void; truncate?: () => void } = {};
  let held = false;
  const openFile = (): LogFile => {
    const file = openLogFile(path);
    const synced = () => void trace.push(`synced ${file.size()}`);
    return {
      ...file,
      write(bytes) {
        trace.push(`write ${bytes.length}`);
        return faults.write ? faults.write() : file.write(bytes);
      },
      async sync() {
        trace.push('sync');
        if (held) await holdOne(syncs);
        faults.sync?.();
        await file.sync();
        synced();
      },
      syncNow() {
        trace.push('sync now');
        faults.sync?.();
        file.syncNow();
        synced();
      },
      truncate(bytes) {
        trace.push(`truncate ${bytes}`);
        faults.truncate?.();
        file.truncate(bytes);
      },
    };
  };
  const open = async (durability: 'strict' | 'relaxed' = 'strict', observer: Partial<OpenLogOptions> = {}) => {
    const log = await openLog<Notes>(path, { jobId, durability, openFile, ...observer });
    trace.length = 0;
    return log;
  };
  const letGo = async () => {
    while (syncs.length === 0) await turn();
    syncs.shift()?.resolve();
  };
  const hold = () => void (held = true);
  return { path, trace, faults, openFile, open, hold, letGo };
}

function holdOne(syncs: PromiseWithResolvers<void>[]): Promise<void> {
  const sync = Promise.withResolvers<void>();
  syncs.push(sync);
  return sync.promise;
}

test('events of one moment share a write and a sync, those that come meanwhile share the next', async () => {
  const { trace, open, hold, letGo } = recorded();
  const log = await open();
  hold();
  const first = [1, 2, 3].map((n) => log.append('note', { n }));
  await turn();
  const one = log.last.bytes;
  const second = [4, 5].map((n) => log.append('note', { n }));
  await turn();
  expect(trace).toEqual([`write ${one}`, 'sync']);
  expect(log.synced).toEqual(logStart);
  await letGo();
  await Promise.all(first);
  expect(log.synced).toMatchObject({ seq: 3, bytes: one });
  await letGo();
  await Promise.all(second);
  const two = log.last.bytes;
  expect(trace).toEqual([`write ${one}`, 'sync', `synced ${one}`, `write ${two - one}`, 'sync', `synced ${two}`]);
  await log.close();
});

test('one that waits alone is synced without leaving the thread', async () => {
  const { trace, open } = recorded();
  await using log = await open();
  await log.append('note', { n: 1 });
  const { bytes } = log.last;
  expect(trace).toEqual([`write ${bytes}`, 'sync now', `synced ${bytes}`]);
});

test('an observer is told of what landed before those who wait, and is not counted among them', async () => {
  const { trace, open } = recorded();
  const note = (events: readonly { seq: number }[]) => void trace.push(`landed ${events.map(({ seq }) => seq).join()}`);
  await using log = await open('strict', { onLanded: note });
  log.push('note', { n: 1 });
  await log.append('note', { n: 2 });
  trace.push('answered');
  const { bytes } = log.last;
  expect(trace).toEqual([`write ${bytes}`, 'sync now', `synced ${bytes}`, 'landed 1,2', 'answered']);
});

test('an observer is told once that nothing can be written any more', async () => {
  const { faults, open } = recorded();
  const told: unknown[] = [];
  const log = await open('strict', {
    onLanded: () => void told.push('landed'),
    onFailure: (error) => void told.push(error),
  });
  faults.sync = fail;
  await expect(log.append('note', { n: 1 })).rejects.toMatchObject(io);
  await expect(log.append('note', { n: 2 })).rejects.toMatchObject(io);
  expect(told).toEqual([expect.objectContaining(io)]);
  await expect(log.close()).rejects.toMatchObject(io);
});

test('relaxed means written: nothing is synced and the watermark stays', async () => {
  const { trace, open, path } = recorded();
  const log = await open('relaxed');
  await Promise.all([log.append('note', { n: 1 }), log.append('note', { n: 2 })]);
  expect(trace).toEqual([`write ${log.last.bytes}`]);
  expect(readFileSync(path)).toHaveLength(log.last.bytes);
  expect(log.synced).toEqual(logStart);
  await log.close();
});

test('sync() brings to the disc what relaxed only wrote, once, and moves the watermark', async () => {
  const { trace, open } = recorded();
  const log = await open('relaxed');
  log.push('note', { n: 1 });
  await log.sync();
  const { bytes } = log.last;
  expect(trace).toEqual([`write ${bytes}`, 'sync', `synced ${bytes}`]);
  expect(log.synced).toEqual(log.last);
  await log.sync();
  expect(trace).toHaveLength(3);
  await log.close();
});

test('what an earlier writer left unsynced is synced before anything builds on it', async () => {
  const { trace, open, openFile, path } = recorded();
  const relaxed = await open('relaxed');
  await relaxed.append('note', { n: 1 });
  await relaxed.close();
  const again = await open('relaxed');
  expect([again.last, again.synced]).toEqual([relaxed.last, logStart]);
  await again.close();

  trace.length = 0;
  const strict = await openLog<Notes>(path, { jobId, openFile });
  expect(trace).toEqual(['sync', `synced ${relaxed.last.bytes}`]);
  expect(strict.synced).toEqual(relaxed.last);
  await strict.close();
});

const io = { code: 'io' };

test.each([
  ['a short write', { write: () => 5 }],
  ['a failed write', { write: fail }],
  ['a failed sync', { sync: fail }],
])('%s is not tried again: the file is cut back, and everybody learns of it', async (_, fault) => {
  const { path, trace, faults, open } = recorded();
  const log = await open();
  await log.append('note', { n: 1 });
  const { last } = log;
  const before = readFileSync(path, 'utf8');
  trace.length = 0;

  Object.assign(faults, fault);
  const waiting = [2, 3].map((n) => log.append('note', { n }));
  const flushed = log.flush();
  for (const answer of await Promise.allSettled([...waiting, flushed])) {
    expect(answer).toMatchObject({ status: 'rejected', reason: io });
  }
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(log.synced).toEqual(last);
  for (const name of Object.keys(fault)) delete faults[name as keyof typeof faults];
  await expect(log.append('note', { n: 4 })).rejects.toMatchObject(io);
  await expect(log.flush()).rejects.toMatchObject(io);
  expect(() => log.push('note', { n: 5 })).toThrow(expect.objectContaining(io));
  await expect(log.close()).rejects.toMatchObject(io);
  expect(trace.filter((entry) => entry.startsWith('write'))).toHaveLength(1);
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('those who came while a group failed are refused too, and a file that cannot be cut is said so', async () => {
  const { faults, open, hold, letGo } = recorded();
  const log = await open();
  hold();
  const first = [log.append('note', { n: 1 }), log.append('note', { n: 2 })];
  await turn();
  const second = log.append('note', { n: 3 });
  faults.sync = faults.truncate = fail;
  const settled = Promise.allSettled([...first, second]);
  await letGo();
  for (const answer of await settled) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { ...io, message: /could not be cut back/ } });
  }
});

test('a failure that nobody waited for is told by the next call', async () => {
  const { faults, open } = recorded();
  const log = await open();
  faults.write = fail;
  log.push('note', { n: 1 });
  await turn();
  await expect(log.close()).rejects.toMatchObject(io);
});

function fail(): never {
  throw new Error('no space left');
}
