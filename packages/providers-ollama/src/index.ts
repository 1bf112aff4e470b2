export { createOllama } from './provider.ts';
export { environment } from './settings.ts';
