export { openLog } from './open-log.ts';
export type { OpenLogOptions } from './open-log.ts';
export type { LogRepair, LogWriter } from './log-writer.ts';
export { openLogFile } from './log-file.ts';
export type { LogFile } from './log-file.ts';
export { readLog } from './read-log.ts';
export type { ReadLogOptions } from './read-log.ts';
export type { LogTail } from './log-cursor.ts';
export { followLog } from './follow-log.ts';
export type { FollowLogOptions } from './follow-log.ts';
export { verifyLog } from './verify-log.ts';
export type { VerifiedLog } from './verify-log.ts';
export { foldLog } from './fold-log.ts';
export type { FoldLogOptions, FoldedLog } from './fold-log.ts';
export { createBus } from './bus.ts';
export type { Bus, Matching, Pattern } from './bus.ts';
export { logStart } from './log-event.ts';
export type { AppendOptions } from './log-event.ts';
export { emptyRun, endsAttempt, levelOf, planSteps, reduceRun, toManifest } from './fold.ts';
export type {
  AnyEvent,
  Extension,
  FailedAttempt,
  Failure,
  KnownRun,
  LinkedRun,
  LogEvent,
  LogPlace,
  Misfit,
  OrchEvents,
  RunView,
  StepView,
  Success,
  UnitView,
  WrittenFile,
} from './fold.ts';
