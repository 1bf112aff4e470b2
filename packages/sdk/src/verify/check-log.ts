import { basename, dirname, sep } from 'node:path';
import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { logStart, readLog, verifyLog } from '@orch/events';
import type { LogPlace, LogTail } from '@orch/events';

export type CheckedLog = {
  /** What stands after the last good line, beyond all that was acknowledged. */
  readonly tail?: LogTail | undefined;
};

/** Checks every line of a run's log by digest, and that the line known to be synced is among them. */
export async function checkLog(path: string, watermark: LogPlace = logStart): Promise<Result<CheckedLog>> {
  const verified = await verifyLog(path, watermark);
  if (verified.ok) return ok({});
  const { error } = verified;
  if (error.code !== 'corrupt_log') return verified;
  const offset = error.details?.['offset'];
  const isUnacknowledged = typeof offset === 'number' && offset >= watermark.bytes;
  return isUnacknowledged ? readTail(path, watermark) : err(brokenLog(path, error));
}

/** The lines before the tail are whole; whether the one known to be synced is among them is still to be seen. */
async function readTail(path: string, watermark: LogPlace): Promise<Result<CheckedLog>> {
  let tail: LogTail | undefined;
  try {
    await readLog(path, { watermark, types: [], onTail: (found) => (tail = found) }).next();
    return ok({ tail });
  } catch (error) {
    if (OrchError.is(error) && error.code === 'corrupt_log') return err(brokenLog(path, error));
    throw error;
  }
}

function brokenLog(path: string, { message, hint, details }: OrchError): OrchError {
  const dir = dirname(path);
  return new OrchError('corrupt_log', `${basename(dir)} is not whole: ${message.replaceAll(dir + sep, '')}`, {
    hint,
    details: { ...details, what: 'the event log', path: `${basename(path)}:${Number(details?.['line'])}` },
  });
}
