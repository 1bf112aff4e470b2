import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryOf, orchProgram } from '../program.ts';
import type { Row } from '../row.ts';

/** Waits for a command, as a run does most of its time. */
const job = 'steps:\n  wait:\n    run: sleep 2\n';

export const memory: Row = {
  title: 'memory of a run that waits',
  medium: 'memory',
  built: true,
  cases: [
    {
      name: 'orch run, waiting for a command',
      figures: [{ name: 'memory', unit: 'MB', targets: [{ atMost: 90 }] }],
      contenders: {
        orch({ dir }) {
          writeFileSync(join(dir, 'job.yaml'), job);
          return { memory: memoryOf([...orchProgram, 'run', 'job.yaml'], dir) };
        },
        limit: ({ dir }) => ({ memory: memoryOf(['-e', 'setTimeout(() => {}, 100)'], dir) }),
      },
    },
  ],
};
