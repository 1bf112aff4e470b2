export { emptyRun, planSteps } from './run-view.ts';
export type {
  Extension,
  FailedAttempt,
  Failure,
  KnownRun,
  LinkedRun,
  Misfit,
  RunView,
  StepView,
  Success,
  UnitView,
  WrittenFile,
} from './run-view.ts';
export { reduceRun } from './reduce-run.ts';
export { toManifest } from './to-manifest.ts';
export { levelOf } from './level-of.ts';
export { endsAttempt } from './ends-attempt.ts';
export type { AnyEvent, LogEvent, LogPlace, OrchEvents } from './log-event.ts';
