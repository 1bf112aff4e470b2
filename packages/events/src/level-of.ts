import type { Level } from '@orch/contracts';

const warnings = new Set(['reply.rejected', 'provider.warned', 'circuit.opened']);
const finalFailures = new Set(['job.failed', 'job.quarantined', 'step.failed', 'gate.failed', 'gate.error']);

/** The level of an event: `WARN` for what will be tried again, for what a person should know of a provider, and for a failed `llm.response`, `ERROR` for a final failure. */
export function levelOf(type: string, data: unknown): Level {
  const { will_retry: willRetry, success } = data as { will_retry?: unknown; success?: unknown };
  if (willRetry === true || warnings.has(type)) return 'WARN';
  if (type === 'llm.response' && success === false) return 'WARN';
  return finalFailures.has(type) ? 'ERROR' : 'INFO';
}
