import { secretsIn } from '../fields/environment.ts';
import type { CheckedJob } from './check-job.ts';

/** Environment variables whose values a job and those it runs must hide. */
export function secretsOf({ draft, jobs }: CheckedJob): string[] {
  const named = draft.steps.flatMap(({ kind, written }) => {
    const env = kind === 'shell' || kind === 'gate' ? written.get('env') : undefined;
    return env === undefined ? [] : secretsIn(env.value).map(({ name }) => name);
  });
  const inner = [...jobs.values()].flatMap(({ job }) => secretsOf(job));
  return [...new Set([...draft.secrets, ...named, ...inner])].sort();
}
