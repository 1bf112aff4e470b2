/** For programs that only look at runs: loads neither what runs jobs nor what compiles them. */
export { listRuns, readRun } from './read/read-run.ts';
export type { ChildOfRun, GateReport, GivenToRun, ReadRun, RunSummary, ShownState } from './read/read-run.ts';
export { findRun } from './read/runs.ts';
export { followRun } from './read/follow-run.ts';
export { runsFolder } from './environment.ts';
export { openQuestions } from '@orch/engine/read';
export type { OpenQuestion } from '@orch/engine/read';
export { readLog } from '@orch/events';
export type { AnyEvent } from '@orch/events';
