import { OrchError } from '@orch/contracts';

/** Throws `spec` when there are warnings: what `strict` makes of them. */
export function refuseWarnings(warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  const count = warnings.length === 1 ? 'one warning' : `${warnings.length} warnings`;
  throw new OrchError(
    'spec',
    `Expected no warning, since --strict was asked for, got ${count}: ${warnings.join('; ')}`,
    {
      hint: 'Mend the job, or leave --strict out.',
    },
  );
}
