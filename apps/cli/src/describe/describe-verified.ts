import type { VerifiedRun } from '@orch/sdk';
import { harmlessly, plural } from '../terminal/words.ts';

/** A run that was verified, for a person: what was counted, and what else there is to know. */
export function describeVerified(run: VerifiedRun, what: string): string[] {
  const { jobId, events, files, blobs, replies, live, tail, unsettled } = harmlessly(run);
  const counts = [plural(events, 'event'), plural(files, 'file'), plural(blobs, 'blob')];
  const lines = [`${jobId} ${what}: ${[...counts, plural(replies, 'reply', 'replies')].join(', ')}`];
  if (live) lines.push(`It is being written: what came after event ${events} was not looked at.`);
  else if (tail !== undefined) {
    lines.push(
      `After event ${events} stand ${plural(tail.bytes, 'byte')} that nobody was told are kept: ${tail.reason}.`,
    );
  }
  if (unsettled.length > 0) {
    lines.push(`Not as the log says, for a step at work on them did not end well, or not yet: ${unsettled.join(', ')}`);
  }
  return [...lines, ...childLines(run)];
}

function childLines({ children }: VerifiedRun): string[] {
  return children.flatMap((child) => describeVerified(child, 'is whole').map((line) => `  ↳ ${line}`));
}

export function verifiedRecord({ jobId: job_id, unsettled: unsettled_files, children, ...rest }: VerifiedRun): object {
  return { job_id, whole: true, ...rest, unsettled_files, children: children.map(verifiedRecord) };
}
