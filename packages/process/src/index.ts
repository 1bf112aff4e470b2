export { commandEnv } from './command-env.ts';
export type { CommandEnd, CommandOptions, CommandResult, StartedCommand } from './command.ts';
export { runCommand } from './run-command.ts';
