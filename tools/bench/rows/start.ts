import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryOf, orchProgram, timeProgram } from '../program.ts';
import type { Case, Contender, Figure, Row } from '../row.ts';
import { median } from '../timing.ts';

const starts = 5;
const job = 'provider: echo\nsteps:\n  hello:\n    prompt: Say hello.\n';

export const start: Row = {
  title: 'commands of the compiled program from start to exit, against an empty Node',
  medium: 'memory',
  built: true,
  prepare: makeRuns,
  cases: [
    command(['--version'], { atMost: 1.6, memory: 55 }),
    command(['--help'], { atMost: 1.6, memory: 55 }),
    command(['list'], { atMost: 3 }),
    command(['show', 'latest'], { atMost: 3 }),
    command(['run', 'job.yaml'], { atMost: 6 }),
  ],
};

/** A folder with a job and twenty runs of it. */
function makeRuns(base: string): string {
  const dir = join(base, 'project');
  mkdirSync(dir);
  writeFileSync(join(dir, 'job.yaml'), job);
  for (let run = 0; run < 20; run++) timeProgram([...orchProgram, 'run', 'job.yaml'], dir);
  return dir;
}

function command(
  args: readonly string[],
  { atMost, memory }: { readonly atMost: number; readonly memory?: number },
): Case {
  const time: Figure = { name: 'time', unit: 'ms', targets: [{ atMost, of: 'limit' }] };
  const most: Figure = { name: 'memory', unit: 'MB', targets: memory === undefined ? [] : [{ atMost: memory }] };
  return {
    name: `orch ${args.join(' ')}`,
    figures: [time, most],
    contenders: { orch: program([...orchProgram, ...args]), limit: program(['-e', '0']) },
  };
}

/** Started once before: what it compiles is kept then. */
function program(args: readonly string[]): Contender {
  return ({ prepared }) => {
    const dir = prepared as string;
    const memory = memoryOf(args, dir);
    return { memory, time: median(Array.from({ length: starts }, () => timeProgram(args, dir))) };
  };
}
