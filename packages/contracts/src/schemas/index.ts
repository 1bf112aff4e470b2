export { eventData, eventEnvelope, gateResults, level } from './event.ts';
export { manifest } from './manifest.ts';
export { cacheEntry, preimage, usage } from './cache-entry.ts';
export { recording } from './recording.ts';
export { inboxRequest } from './inbox.ts';
export { fileRef, outputRef } from './parts.ts';
export { checkEvent } from './check-event.ts';
export { jsonSchemas } from './json-schemas.ts';
