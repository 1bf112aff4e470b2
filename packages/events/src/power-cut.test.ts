import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logStart, openLog, verifyLog } from './index.ts';
import type { LogPlace, LogWriter } from './index.ts';
import { RecordedFile, contentAfter, discAfter, turns } from './testing/recorded-file.ts';
import type { Step, SyncFault } from './testing/recorded-file.ts';

type Notes = { note: { n: number; pad: string } };

const jobId = 'job_0123456789ab';

/** What callers do with a log: append many at once, push, flush, or let the loop turn. */
type Action = { readonly does: 'append' | 'push' | 'flush' | 'turn'; readonly times: number };

const action = fc.record<Action>({
  does: fc.constantFrom('append', 'append', 'push', 'flush', 'turn'),
  times: fc.oneof(fc.constantFrom(1, 1, 64), fc.integer({ min: 1, max: 6 })),
});
const syncTurns = fc.array(fc.nat(4), { minLength: 1, maxLength: 4 });
const session = fc.record({ actions: fc.array(action, { maxLength: 12 }), syncTurns });

/** Opens what the path holds as a recorded file and does to the log what is asked; returns the trace. */
async function record(
  path: string,
  { actions, ...options }: { actions: readonly Action[]; syncTurns: readonly number[]; fault?: SyncFault | undefined },
  watermark: LogPlace = logStart,
): Promise<{ trace: readonly Step[]; log: LogWriter<Notes> }> {
  const initial = readFileSync(path);
  const file = new RecordedFile({ ...options, initial });
  const log = await openLog<Notes>(path, { jobId, watermark, openFile: () => file });
  const answers: Promise<void>[] = [];
  const note = (answer: Promise<unknown>) => {
    const { bytes: size } = log.last;
    answers.push(answer.then(() => void file.trace.push({ did: 'answer', size, synced: log.synced })));
  };
  note(Promise.resolve());
  for (const { does, times } of actions) {
    if (does === 'turn') await turns(times);
    for (let n = 0; n < times; n++) {
      if (does === 'append') note(log.append('note', { n, pad: 'x'.repeat(60 * times) }));
      if (does === 'push') log.push('note', { n, pad: '' });
      if (does === 'flush') note(log.flush());
    }
  }
  note(log.close());
  await Promise.all(answers);
  return { trace: file.trace, log };
}

test('nobody is answered, and no watermark told, before the sync that covers it has returned', async () => {
  const path = emptyLog();
  await fc.assert(
    fc.asyncProperty(session, async (script) => {
      const { trace, log } = await record(path, script);
      const sizes = [0];
      let safe = 0;
      for (const step of trace) {
        const size = sizes.at(-1) ?? 0;
        sizes.push(step.did === 'write' ? size + step.bytes.length : size);
        if (step.did === 'sync') safe = sizes[step.began] ?? 0;
        if (step.did !== 'answer') continue;
        expect(safe).toBeGreaterThanOrEqual(step.size);
        expect(safe).toBeGreaterThanOrEqual(step.synced.bytes);
      }
      expect(log.synced).toEqual(log.last);
    }),
  );
});

/** Three lives of a log, each ended by a power cut; then it must still hold all that was answered, and go on. */
function powerCuts(path: string, fault?: SyncFault) {
  const dice = fc.array(fc.nat(), { minLength: 20, maxLength: 20 });
  return fc.asyncProperty(fc.tuple(session, session, session), dice, async (lives, numbers) => {
    let rolled = 0;
    const roll = (sides: number) => (numbers[rolled++ % numbers.length] ?? 0) % sides;
    let disc: Buffer = Buffer.alloc(0);
    let watermark = logStart;
    for (const life of lives) {
      writeFileSync(path, disc);
      const { trace } = await record(path, { ...life, fault }, watermark);
      const lived = trace.slice(0, roll(trace.length + 1));
      const answered = lived.findLast((step) => step.did === 'answer');
      const kept = contentAfter(disc, trace).subarray(0, answered?.size ?? watermark.bytes);
      watermark = answered?.synced ?? watermark;
      disc = discAfter(disc, lived, roll);
      expect(disc.subarray(0, kept.length).equals(kept)).toBe(true);
    }
    writeFileSync(path, disc);
    const log = await openLog<Notes>(path, { jobId, watermark, durability: 'relaxed' });
    await log.append('note', { n: 0, pad: '' });
    await log.close();
    expect(await verifyLog(path, watermark)).toMatchObject({ ok: true });
  });
}

test('a power cut at any moment, also while a log is mended, costs nothing that was answered', async () => {
  await fc.assert(powerCuts(emptyLog()), { numRuns: 80 });
});

test.each(['dropped', 'late'] as const)('a sync that is %s would be found by such power cuts', async (fault) => {
  const { failed } = await fc.check(powerCuts(emptyLog(), fault), { numRuns: 300, endOnFailure: true });
  expect(failed).toBe(true);
});

/** An empty log that is there. */
function emptyLog(): string {
  const path = join(tempDir(), 'events.jsonl');
  writeFileSync(path, '');
  return path;
}
