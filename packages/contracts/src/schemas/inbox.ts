import { z } from 'zod';
import { json, stepId } from './parts.ts';

/** `inbox/<ulid>.json`: what somebody who does not hold a run's lock asks of it. */
export const inboxRequest = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cancel'), reason: z.string(), by: z.string() }),
  z.strictObject({
    kind: z.literal('answer'),
    step: stepId,
    item: z.string().exactOptional(),
    granted: z.boolean(),
    answer: json.exactOptional(),
    by: z.string(),
  }),
]);

export type InboxRequest = z.infer<typeof inboxRequest>;
