import { OrchError } from '../orch-error.ts';
import { eventData } from './event.ts';

/** Throws `internal` unless `data` is what an event of this type carries, nothing missing and nothing more. */
export function checkEvent(type: string, data: unknown): void {
  if (!Object.hasOwn(eventData, type))
    throw new OrchError('internal', `Expected an event type of the table, got \`${type}\`.`);
  const parsed = eventData[type as keyof typeof eventData].safeParse(data);
  if (parsed.success) return;
  const [first] = parsed.error.issues;
  const at = first && first.path.length > 0 ? `data.${first.path.join('.')}` : 'data';
  throw new OrchError('internal', `Event ${type} does not fit its schema: ${at}: ${first?.message ?? 'invalid'}.`);
}
