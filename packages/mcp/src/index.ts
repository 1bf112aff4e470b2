export { openToolServers } from './open-tool-servers.ts';
export type { ToolLimits, ToolServersOptions } from './open-tool-servers.ts';
