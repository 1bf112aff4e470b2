import { OrchError } from '@orch/contracts';
import { isGroupAlive, livingMembers, stopGroup } from './group.ts';
import { processStart } from './process-start.ts';
import { readEnv } from './process-stat.ts';

export type EndGroupOptions = {
  /** When its first process was started: ISO 8601, as `onStart` of `runCommand` told it. */
  readonly startedAt: string;
  /** `NAME=value` that its processes carry in their environment. Only Linux can look it up. */
  readonly mark?: string | undefined;
  /** Milliseconds between TERM and KILL; 2 000 unless given. */
  readonly graceMs?: number | undefined;
};

/**
 * `ended`: it was the group meant, and all of it is gone now · `gone`: nothing of it was left · `stranger`: its number
 * belongs to others by now, who were left alone · `unknown`: whose it is cannot be told, so it was left alone ·
 * `survived`: it was the group meant, but lives on after KILL (stuck in the kernel, or under another user).
 */
export type GroupEnd = 'ended' | 'gone' | 'stranger' | 'unknown' | 'survived';

type Owner = 'meant' | 'stranger' | 'unknown';

const defaultGraceMs = 2_000;
/**
 * How far the two clocks may disagree. A busy caller may be late to note a start, so one before it is believed: others
 * get a number only after its group is gone. Starts are known to the second.
 */
const tolerance = { earlierMs: 10_000, laterMs: 1_000 };

/**
 * Ends a process group that was left behind by a process that died: TERM, after the grace KILL. Only when it is the one
 * meant: its first process started at `startedAt`, or a living one carries `mark`. The group that this process is in is
 * never ended. Throws `usage` for a number that is no group's, and for a time that is none.
 */
export async function endGroup(pgid: number, options: EndGroupOptions): Promise<GroupEnd> {
  if (!(Number.isSafeInteger(pgid) && pgid > 1)) {
    throw new OrchError('usage', `Expected the number of a process group, a whole number from 2, got ${pgid}.`);
  }
  const owner = ownerOf(pgid, options);
  if (!isGroupAlive(pgid)) return 'gone';
  if (owner !== 'meant') return owner;
  return (await stopGroup(pgid, options.graceMs ?? defaultGraceMs)) ? 'ended' : 'survived';
}

function ownerOf(pgid: number, { startedAt, mark }: EndGroupOptions): Owner {
  const members = process.platform === 'linux' ? livingMembers(pgid) : [];
  if (members.includes(process.pid)) return 'stranger';
  const leader = compareStart(pgid, startedAt);
  if (leader === 'meant') return leader;
  return mark !== undefined && members.some((pid) => readEnv(pid).includes(mark)) ? 'meant' : leader;
}

/** The first process of a group has its number; nobody else gets it while the group lives. */
function compareStart(pgid: number, startedAt: string): Owner {
  const expected = Date.parse(startedAt);
  if (Number.isNaN(expected)) throw new OrchError('usage', `Expected an ISO time, got ${JSON.stringify(startedAt)}.`);
  const start = processStart(pgid);
  if (start === undefined) return 'unknown';
  const { earlierMs, laterMs } = tolerance;
  return start >= expected - earlierMs && start <= expected + laterMs ? 'meant' : 'stranger';
}
