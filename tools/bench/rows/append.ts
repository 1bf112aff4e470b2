import { join } from 'node:path';
import { openJsonl } from '../jsonl.ts';
import type { Row } from '../row.ts';
import { started } from '../step-events.ts';
import { perOperation } from '../timing.ts';

const count = 10_000;
const type = 'step.started';

export const append: Row = {
  title: 'an event checked, chained and written, nothing synced',
  medium: 'memory',
  cases: [
    {
      name: 'checked, no sync',
      figures: [
        {
          name: 'cost',
          unit: 'µs an event',
          targets: [
            { atMost: 1 / 0.8, of: 'limit' },
            { atMost: 1 / 2, of: 'pino' },
          ],
        },
      ],
      contenders: {
        orch,
        'orch, no check': (setting) => appendTo(setting.dir, undefined),
        pino,
        'batched, no chain': ({ dir }) => batched(dir, false),
        limit: ({ dir }) => batched(dir, true),
      },
    },
  ],
};

async function orch({ dir }: { readonly dir: string }) {
  const { checkEvent } = await import('@orch/contracts/schemas');
  return appendTo(dir, checkEvent);
}

async function appendTo(dir: string, check: ((type: string, data: unknown) => void) | undefined) {
  const { openLog } = await import('@orch/events');
  const log = await openLog(join(dir, 'events.jsonl'), { jobId: 'job_0123456789ab', durability: 'relaxed', check });
  const batch = () => {
    for (let at = 0; at < count; at++) log.push(type, started, { step: 'build' });
    return log.flush();
  };
  return { cost: await perOperation(count, batch) };
}

async function batched(dir: string, chained: boolean) {
  const log = openJsonl(join(dir, 'events.jsonl'), { sync: false, chained });
  const event = { type, step: 'build', data: started };
  const batch = () => {
    for (let at = 0; at < count; at++) log.push(event);
    return log.flush();
  };
  return { cost: await perOperation(count, batch) };
}

/** With its own file destination as it is by default: each event is written at once. */
async function pino({ dir }: { readonly dir: string }) {
  const { default: createLogger } = await import('pino');
  const destination = createLogger.destination(join(dir, 'log'));
  const logger = createLogger({ base: { job_id: 'job_0123456789ab' } }, destination);
  const batch = () => {
    for (let at = 0; at < count; at++) logger.info({ type, step: 'build', data: started });
  };
  return { cost: await perOperation(count, batch) };
}
