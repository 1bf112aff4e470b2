export { createAnthropic } from './provider.ts';
export { environment } from './settings.ts';
