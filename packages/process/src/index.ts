export { commandEnv } from './command-env.ts';
export type { CommandEnd, CommandOptions, CommandResult, StartedCommand } from './command.ts';
export { endGroup } from './end-group.ts';
export type { EndGroupOptions, GroupEnd } from './end-group.ts';
export { runCommand } from './run-command.ts';
export { stopGroup } from './group.ts';
export { markedGroups } from './marked-groups.ts';
