// Another process that writes a log: `node follow-writer.ts PATH LINES PAUSE`. Each line holds the moment it was written.
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '@orch/events';
import type { Ticks } from './rows/follow.ts';

const [path = '', lines = '', pause = ''] = process.argv.slice(2);
const log = await openLog<Ticks>(path, { jobId: 'job_0123456789ab', durability: 'relaxed' });
for (let line = 0; line < Number(lines); line++) {
  await sleep(Math.random() * 10);
  await log.append('tick', { at: String(process.hrtime.bigint()) });
}
await sleep(Number(pause));
await log.append('end', {});
await log.close();
