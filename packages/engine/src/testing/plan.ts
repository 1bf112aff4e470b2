import { canonicalJson, sha256 } from '@orch/cache';
import type { CompiledJob, Plan, PlanStep } from '@orch/contracts';

export const never = { tries: 0, backoff: 'exponential', base_s: 0, max_s: 0, jitter: false } as const;
export const once = { ...never, tries: 1 };

/** A step of the kind `probe`, which does what its test says. */
export function step(id: string, more: Partial<PlanStep> = {}): PlanStep {
  const usual = { retry: never, cache: 'auto', reads: [], writes: [], on_lost: 'rerun' } as const;
  return { id, kind: 'probe', needs: [], fields: {}, ...usual, ...more };
}

export function write(id: string, files: Record<string, string>, needs: string[] = []): PlanStep {
  return step(id, { kind: 'files', needs, fields: { write: files } });
}

export function ask(id: string, more: Partial<PlanStep> = {}): PlanStep {
  return step(id, { kind: 'llm', fields: { prompt: 'p', output: 'text' }, ...more });
}

/** A fan-out over names. */
export function each(...names: readonly string[]): NonNullable<PlanStep['each']> {
  return { list: names, key: '{{ item }}', max_items: 100 };
}

export function jobOf(steps: readonly PlanStep[], more: Partial<Plan> = {}, jobDir = '/'): CompiledJob {
  const plan: Plan = {
    version: 1,
    project: 'test',
    provider: { name: 'scripted', model: 'm' },
    concurrency: 4,
    vars: {},
    steps,
    ...more,
  };
  const planHash = sha256(canonicalJson(plan));
  return { plan, planHash, spec: { path: 'job.yaml', sha256: sha256(''), content: '' }, inputs: [], jobDir };
}
