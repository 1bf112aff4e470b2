import { resolve } from 'node:path';
import { exitCodes } from '@orch/contracts';
import { importRun } from '@orch/sdk';
import { describeVerified, verifiedRecord } from '../describe/describe-verified.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { readSize } from '../describe/size.ts';
import type { Invocation } from './index.ts';
import { readCount, runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

type Options = RunsDirOption & { readonly maxEntries?: string; readonly maxSize?: string };

export async function execute({ terminal, args: [file = ''], options }: Invocation<Options>): Promise<0> {
  const limits = {
    runsDir: runsDirOf(options, terminal),
    maxEntries: readCount('--max-entries', options.maxEntries),
    maxBytes: readSize('--max-size', options.maxSize),
  };
  const run = await interruptible(terminal, (signal) => importRun(resolve(terminal.cwd, file), { ...limits, signal }));
  if (options.json) terminal.out(JSON.stringify(verifiedRecord(run), undefined, 2));
  else {
    for (const line of describeVerified(run, 'is here, and whole')) terminal.out(line);
    terminal.out(`See it: orch show ${run.jobId}`);
    terminal.out(`Go on with it, which runs its commands and modules: orch resume ${run.jobId}`);
  }
  return exitCodes.succeeded;
}
