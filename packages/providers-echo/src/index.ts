export { createEcho } from './provider.ts';
export { environment } from './settings.ts';
