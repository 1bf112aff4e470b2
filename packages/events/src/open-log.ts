import { existsSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { Clock } from '@orch/contracts';
import { writeAtomic } from '@orch/filestore';
import type { Durability } from '@orch/filestore';
import { GroupCommit } from './group-commit.ts';
import type { CommitObserver } from './group-commit.ts';
import { logStart } from './log-event.ts';
import type { AnyEvent, LogPlace, OrchEvents } from './log-event.ts';
import { openLogFile } from './log-file.ts';
import type { LogFile } from './log-file.ts';
import type { LogRepair, LogWriter } from './log-writer.ts';
import { examineLog, keepTail } from './recover-log.ts';
import type { FoundLog } from './recover-log.ts';
import { Writer } from './writer.ts';

export type OpenLogOptions = CommitObserver & {
  /** Stands in every line. */
  readonly jobId: string;
  /** `strict` (default): acknowledged means synced. `relaxed`: written; a power cut may take it, a kill may not. */
  readonly durability?: Durability | undefined;
  /** Throws when data does not fit its type. Nothing of that event is written then. */
  readonly check?: ((type: string, data: unknown) => void) | undefined;
  readonly clock?: Pick<Clock, 'now' | 'monotonic'> | undefined;
  /** `log` of manifest.json: up to there the log is known to be whole. Nothing is, unless given. */
  readonly watermark?: LogPlace | undefined;
  /**
   * Told, in order and before `openLog` resolves, of every good line found in the log, and of the `log.recovered` that
   * opening appended: whoever folds them has the state to go on from.
   */
  readonly onFound?: ((event: AnyEvent) => void) | undefined;
  /** Opens the file that is appended to; to record or disturb what the writer does. */
  readonly openFile?: ((path: string) => LogFile) | undefined;
};

const systemClock = { now: () => Date.now(), monotonic: () => performance.now() };

/**
 * Opens a log for appending, creating it and its folder if missing. Only one process may do so at a time.
 *
 * A damaged or incomplete end beyond the watermark is moved to `events.torn-<n>` beside the log, and a `log.recovered`
 * event tells of it. Throws `corrupt_log` (file and line) for damage before the watermark, `usage` when the log is
 * another job's, `io`.
 */
export async function openLog<E = OrchEvents>(path: string, options: OpenLogOptions): Promise<LogWriter<E>> {
  const { jobId, durability = 'strict', watermark = logStart, onFound } = options;
  if (!jobId) throw new OrchError('usage', `Expected a jobId for ${path}, got ${JSON.stringify(jobId)}.`);
  if (!existsSync(path)) writeAtomic(path, '', { durability });
  const found = examineLog(path, { watermark, onFound });
  if (found.last && found.last.job_id !== jobId) {
    throw new OrchError('usage', `Expected ${path} to be the log of ${jobId}, it is that of ${found.last.job_id}.`);
  }
  const file = (options.openFile ?? openLogFile)(path);
  try {
    return await startWriter<E>(path, file, { ...options, durability, watermark, found });
  } catch (error) {
    file.close();
    throw OrchError.from(error, 'io');
  }
}

type Start = OpenLogOptions & {
  readonly durability: Durability;
  readonly watermark: LogPlace;
  readonly found: FoundLog;
};

async function startWriter<E>(path: string, file: LogFile, start: Start): Promise<LogWriter<E>> {
  const { durability, watermark, found, jobId, check, onFound, clock = systemClock } = start;
  const { end, last: lastEvent } = found;
  const behind = end.bytes < watermark.bytes ? watermark : undefined;
  const repair = cutTail(path, file, start);
  if (durability === 'strict') await file.sync();
  const synced = behind ? logStart : watermark;
  const commit = new GroupCommit(file, { path, durability, clock, end, synced });
  const writer = new Writer<E>({ jobId, clock, check, end, lastEvent, behind, file, commit });
  if (repair) {
    const told = await writer.recordRepair(repair);
    onFound?.(told);
  }
  commit.watch(start);
  return writer;
}

function cutTail(path: string, file: LogFile, { found, durability }: Start): LogRepair | undefined {
  const { end, tail } = found;
  if (!tail) return undefined;
  const kept = keepTail(path, tail, durability);
  file.truncate(end.bytes);
  return { bytes: tail.bytes, seq: end.seq, file: kept };
}
