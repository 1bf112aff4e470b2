import { z } from 'zod';
import { cacheEntry } from './cache-entry.ts';
import { eventData, eventEnvelope } from './event.ts';
import { inboxRequest } from './inbox.ts';
import { manifest } from './manifest.ts';
import { recording } from './recording.ts';

const executionEvent = z.union(
  Object.entries(eventData).map(([type, data]) =>
    z.strictObject({ ...eventEnvelope.shape, type: z.literal(type), data }),
  ),
);

const schemas = {
  'execution_event.v1': executionEvent,
  'manifest.v1': manifest,
  'cache_entry.v1': cacheEntry,
  'recording.v1': recording,
  'inbox_request.v1': inboxRequest,
};

export type SchemaName = keyof typeof schemas;

/** The public formats as JSON Schema (draft 2020-12), closed as writers must hold them. */
export function jsonSchemas(): Record<SchemaName, object> {
  const entries = Object.entries(schemas).map(([name, schema]) => [name, z.toJSONSchema(schema)]);
  return Object.fromEntries(entries) as Record<SchemaName, object>;
}
