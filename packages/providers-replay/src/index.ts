export { createReplay } from './provider.ts';
export { environment } from './settings.ts';
export type { ReplaySettings } from './settings.ts';
