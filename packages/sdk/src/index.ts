export { resume, run } from './run.ts';
export type { ResumeJobOptions, RunJobOptions } from './run.ts';
export { planResume, prepareResume } from './prepare/prepare-resume.ts';
export type { PlannedResume, PrepareResumeOptions } from './prepare/prepare-resume.ts';
export { prepareRun } from './prepare/prepare-run.ts';
export type { PrepareOptions, PreparedRun } from './prepare/prepare-run.ts';
export { plan } from './plan.ts';
export { planRun } from './plan-run/plan-run.ts';
export type { PlanRunOptions } from './plan-run/plan-run.ts';
export type { Calls, PlannedCache, PlannedRun, PlannedStep } from './plan-run/planned-run.ts';
export { copyOutputs } from './copy-outputs.ts';
export type { OutputChanges } from './copy-outputs.ts';
export { graphOfRun } from './read/graph-of-run.ts';
export type { RunGraph } from './read/graph-of-run.ts';
export { notesOnReads } from './prepare/reads-of-job.ts';
export { refuseWarnings } from './prepare/refuse-warnings.ts';
export { listRuns, readRun } from './read/read-run.ts';
export type { ChildOfRun, GateReport, GivenToRun, ReadRun, RunSummary, ShownState } from './read/read-run.ts';
export { findRun } from './read/runs.ts';
export { newestRunOf } from './read/newest-run-of.ts';
export { explainStep } from './explain/explain-step.ts';
export type { StepExplanation, UnitEnd } from './explain/explain-step.ts';
export type { AskedQuestion } from './read/asked-questions.ts';
export { diffRuns } from './explain/diff-runs.ts';
export type { ChangedPart, RunsDiff, UnitDiff } from './explain/diff-runs.ts';
export type { ReadsNow } from './explain/untold-changes.ts';
export { checkProviders } from './doctor/check-providers.ts';
export type { CheckProvidersOptions } from './doctor/check-providers.ts';
export type { ProviderReport } from './doctor/check-named.ts';
export { listModels } from './doctor/list-models.ts';
export type { ListedModels } from './doctor/list-models.ts';
export { recordReplies } from './record-replies.ts';
export { verifyRun } from './verify/verify-run.ts';
export type { VerifiedRun } from './verify/verify-run.ts';
export { exportRun } from './archive/export-run.ts';
export type { ExportOptions, ExportedRun } from './archive/export-run.ts';
export { importRun } from './archive/import-run.ts';
export type { ImportOptions } from './archive/import-run.ts';
export { requireProvider } from './providers/choose-provider.ts';
export { hiderOfRun } from './secrets.ts';
export { runsFolder } from './environment.ts';
export type { Environment } from './environment.ts';

export { OrchError, errorCodes, exitCodes } from '@orch/contracts';
export type {
  CompiledJob,
  ErrorCode,
  Json,
  Manifest,
  ModelInfo,
  OrchEvent,
  Plan,
  PlanStep,
  Provider,
  Recording,
  Result,
  StepHost,
  StepKind,
} from '@orch/contracts';
export { askRun, openQuestions, resumeRun, startRun, tellChanges } from '@orch/engine';
export type {
  EnginePorts,
  ModuleContext,
  ModuleFunction,
  OpenQuestion,
  PlannedUnit,
  ResumePlan,
  RunHandle,
  RunOptions,
  RunResult,
} from '@orch/engine';
export { followRun } from './read/follow-run.ts';
export { jobSchema } from '@orch/spec';
export { readLog } from '@orch/events';
export type { AnyEvent } from '@orch/events';
export { defineJob } from './define-job/define-job.ts';
export type { Job } from './define-job/job.ts';
export type { JobHandle, JobResult } from './define-job/job-result.ts';
export type { Builder } from './define-job/builder.ts';
export type { JobSettings } from './define-job/job-settings.ts';
export type { Ref, Reference } from './define-job/reference.ts';
export type { FanOut, ItemResult, StepHandle } from './define-job/step-handle.ts';
export type { FileItem } from './define-job/each.ts';
export type { Expression, Template } from './define-job/written.ts';
