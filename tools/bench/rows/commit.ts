import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openJsonl, toRecord } from '../jsonl.ts';
import type { Case, Contender, Row, Setting } from '../row.ts';
import { started } from '../step-events.ts';
import { perOperation } from '../timing.ts';

const event = { type: 'step.started', step: 'build', data: started } as const;

export const commit: Row = {
  title: 'events that are on the disc when their writers go on',
  medium: 'disc',
  cases: [1, 16, 64, 512].map(waiting),
};

function waiting(waiters: number): Case {
  const cost = (open: (setting: Setting) => Promise<Append> | Append): Contender => {
    return async (setting) => ({ cost: await perWaiter(waiters, await open(setting)) });
  };
  const perEvent = { atMost: waiters < 64 ? 1.5 : 1 / 15, of: 'sync per event' };
  return {
    name: `${waiters} waiting`,
    figures: [{ name: 'cost', unit: 'µs an event', targets: waiters === 16 || waiters === 512 ? [] : [perEvent] }],
    contenders: { orch: cost(orch), 'sync per event': cost(syncPerEvent), limit: cost(groupCommit) },
  };
}

type Append = () => Promise<unknown> | void;

/** So many writers, each of which goes on when its event is on the disc. */
function perWaiter(waiters: number, append: Append): Promise<number> {
  const each = Math.max(1, Math.round(200 / waiters));
  const writer = async () => {
    for (let at = 0; at < each; at++) await append();
  };
  return perOperation(each * waiters, () => Promise.all(Array.from({ length: waiters }, writer)));
}

async function orch({ dir }: Setting): Promise<Append> {
  const { openLog } = await import('@orch/events');
  const { checkEvent } = await import('@orch/contracts/schemas');
  const log = await openLog(join(dir, 'events.jsonl'), { jobId: 'job_0123456789ab', check: checkEvent });
  return () => log.append(event.type, event.data, { step: event.step });
}

function groupCommit({ dir }: Setting): Append {
  const log = openJsonl(join(dir, 'events.jsonl'), { sync: true });
  return () => {
    log.push(event);
    return log.flush();
  };
}

function syncPerEvent({ dir }: Setting): Append {
  const file = openSync(join(dir, 'events.jsonl'), 'a');
  process.once('exit', () => closeSync(file));
  let seq = 0;
  return () => {
    writeSync(file, `${JSON.stringify(toRecord(event, ++seq))}\n`);
    fdatasyncSync(file);
  };
}
