import { exitCodes } from '@orch/contracts';
import { findRun, verifyRun } from '@orch/sdk';
import type { VerifiedRun } from '@orch/sdk';
import { harmless, plural } from '../words.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './options.ts';
import type { RunsDirOption } from './options.ts';

export async function execute({ terminal, args: [job], options }: Invocation<RunsDirOption>): Promise<0> {
  const verified = await verifyRun(findRun(runsDirOf(options, terminal), job));
  if (!verified.ok) throw verified.error;
  if (options.json) terminal.out(JSON.stringify(verifiedRecord(verified.value), undefined, 2));
  else for (const line of describeVerified(verified.value, 'is whole')) terminal.out(line);
  return exitCodes.succeeded;
}

export function verifiedRecord({ jobId: job_id, unsettled: unsettled_files, ...rest }: VerifiedRun): object {
  return { job_id, whole: true, ...rest, unsettled_files };
}

/** What was counted, and what a person should know of it. */
export function describeVerified(run: VerifiedRun, what: string): string[] {
  const { jobId, events, files, blobs, replies, live, unsettled, tail } = run;
  const counts = [
    plural(events, 'event'),
    plural(files, 'file'),
    plural(blobs, 'blob'),
    plural(replies, 'reply', 'replies'),
  ];
  return [
    `${jobId} ${what}: ${counts.join(', ')}`,
    ...(live ? [`It is being written: what came after event ${events} was not looked at.`] : []),
    ...(tail && !live
      ? [
          `${plural(tail.bytes, 'byte')} after event ${events} are an end that nobody was told to be kept: ${harmless(tail.reason)}.`,
        ]
      : []),
    ...(unsettled.length === 0
      ? []
      : [
          `${plural(unsettled.length, 'file')} newer than the log, a step was at work: ${harmless(unsettled.join(', '))}`,
        ]),
  ];
}
