const ends = new Set(['job.succeeded', 'job.failed', 'job.canceled', 'job.waiting', 'job.paused', 'job.quarantined']);

/** After an event of this type a run's process writes nothing more; a later attempt may. */
export function endsAttempt(type: string): boolean {
  return ends.has(type);
}
