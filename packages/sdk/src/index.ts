export { resume, run } from './run.ts';
export type { ResumeJobOptions, RunJobOptions } from './run.ts';
export { planResume, prepareResume } from './prepare-resume.ts';
export type { PlannedResume, PrepareResumeOptions } from './prepare-resume.ts';
export { prepareRun } from './prepare-run.ts';
export type { PrepareOptions, PreparedRun } from './prepare-run.ts';
export { plan } from './plan.ts';
export { listRuns, readRun } from './read-run.ts';
export type { GateReport, ReadRun, RunSummary, ShownState } from './read-run.ts';
export { findRun } from './runs.ts';
export { newestRunOf } from './newest-run-of.ts';
export { explainStep } from './explain-step.ts';
export type { AskedQuestion, StepExplanation, UnitEnd } from './explain-step.ts';
export { diffRuns } from './diff-runs.ts';
export type { ChangedPart, RunsDiff, UnitDiff } from './diff-runs.ts';
export { recordReplies } from './record-replies.ts';
export { verifyRun } from './verify/verify-run.ts';
export type { VerifiedRun } from './verify/verify-run.ts';
export { exportRun } from './archive/export-run.ts';
export type { ExportOptions, ExportedRun } from './archive/export-run.ts';
export { importRun } from './archive/import-run.ts';
export type { ImportOptions } from './archive/import-run.ts';
export { runsFolder } from './environment.ts';
export type { Environment } from './environment.ts';

export { OrchError, errorCodes, exitCodes } from '@orch/contracts';
export type {
  CompiledJob,
  ErrorCode,
  Json,
  Manifest,
  OrchEvent,
  Plan,
  Provider,
  Recording,
  Result,
  StepHost,
  StepKind,
} from '@orch/contracts';
export { askRun, resumeRun, startRun, tellChanges } from '@orch/engine';
export type {
  EnginePorts,
  ModuleContext,
  ModuleFunction,
  PlannedUnit,
  ResumePlan,
  RunHandle,
  RunOptions,
  RunResult,
} from '@orch/engine';
export { followRun } from './follow-run.ts';
export { readLog } from '@orch/events';
export type { AnyEvent } from '@orch/events';
