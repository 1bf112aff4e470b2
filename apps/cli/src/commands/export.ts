import { relative, resolve } from 'node:path';
import { OrchError, exitCodes } from '@orch/contracts';
import { exportRun, findRun } from '@orch/sdk';
import type { ExportedRun } from '@orch/sdk';
import { interruptible } from '../terminal/interruptible.ts';
import { harmless, plural } from '../terminal/words.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

type Options = RunsDirOption & { readonly output?: string; readonly force?: true };

export async function execute({ terminal, args: [job], options }: Invocation<Options>): Promise<0> {
  const dir = findRun(runsDirOf(options, terminal), job);
  if (options.output === undefined) {
    throw new OrchError('usage', 'Expected -o FILE, a file that ends in .tar.gz or .tar.zst.');
  }
  const file = resolve(terminal.cwd, options.output);
  const { cwd, env } = terminal;
  const asked = { force: options.force, cwd, env };
  const exported = await interruptible(terminal, (signal) => exportRun(dir, file, { ...asked, signal }));
  if (options.json) terminal.out(JSON.stringify(record(exported), undefined, 2));
  else {
    terminal.out(
      `${relative(terminal.cwd, file)}: ${exported.jobId}, ${plural(exported.files, 'file')}, ${plural(exported.bytes, 'byte')}`,
    );
    for (const { path, reason } of exported.leftOut) terminal.err(harmless(`left out: ${path}: ${reason}`));
  }
  return exitCodes.succeeded;
}

function record({ jobId: job_id, leftOut: left_out, ...rest }: ExportedRun): object {
  return { job_id, ...rest, left_out };
}
