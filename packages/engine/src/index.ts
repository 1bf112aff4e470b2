export { startRun } from './start-run.ts';
export type { RunHandle, RunResult } from './run-handle.ts';
export type { EnginePorts, RunOptions } from './ports.ts';
export { builtinKinds } from './kinds/index.ts';
export type { ModuleContext, ModuleFunction } from './kinds/module.ts';
export { systemClock, systemIds } from './system.ts';
export { orchVersion } from './version.ts';
