export { createMlx } from './provider.ts';
export { environment } from './settings.ts';
