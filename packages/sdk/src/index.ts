export { run } from './run.ts';
export type { RunJobOptions } from './run.ts';
export { prepareRun } from './prepare-run.ts';
export type { PrepareOptions, PreparedRun } from './prepare-run.ts';
export { plan } from './plan.ts';
export { listRuns, readRun } from './read-run.ts';
export type { GateReport, ReadRun, RunSummary, ShownState } from './read-run.ts';
export { findRun } from './runs.ts';
export { recordReplies } from './record-replies.ts';
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
export { startRun } from '@orch/engine';
export type { EnginePorts, ModuleContext, ModuleFunction, RunHandle, RunOptions, RunResult } from '@orch/engine';
export { followLog, readLog } from '@orch/events';
export type { AnyEvent } from '@orch/events';
