export { runGate } from './run-gate.ts';
export type { GateOptions, GateReport } from './run-gate.ts';
export { decide } from './decide.ts';
export type { GateCriteria, GateDecision, GateExit } from './decide.ts';
export { parseJunit } from './parse-junit.ts';
export type { TestResults } from './tally.ts';
