import { canonicalJson, sha256 } from '@orch/cache';
import type { Plan } from '@orch/contracts';
import { expect, test } from 'vitest';
import { PlanDigest } from './plan-digest.ts';
import { jobOf, step } from '../testing/plan.ts';

const more: Partial<Plan> = {
  task: 'say "steps":[] ö',
  vars: { steps: [], z: 1 },
  timeout_s: 3,
  output_dir: 'x',
  kinds: [{ from: './steps.ts', code_sha256: 'a'.repeat(64) }],
};

test.each([
  ['all fields', jobOf([step('a'), step('b')], more).plan],
  ['no steps', jobOf([], more).plan],
  ['few fields', jobOf([step('a')]).plan],
])('the digest of a plan that grows is that of its canonical JSON at each moment, with %s', (_, plan) => {
  const digest = new PlanDigest(plan);
  expect(digest.value).toBe(sha256(canonicalJson(plan)));
  const added = [step('c', { needs: ['a'], fields: { say: '{{ é }}' } }), step('d')];
  digest.add(added);
  expect(digest.value).toBe(sha256(canonicalJson({ ...plan, steps: [...plan.steps, ...added] })));
  digest.add([step('e')]);
  expect(digest.value).toBe(sha256(canonicalJson({ ...plan, steps: [...plan.steps, ...added, step('e')] })));
});
