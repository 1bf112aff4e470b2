export { createOpenai } from './provider.ts';
export { environment } from './settings.ts';
