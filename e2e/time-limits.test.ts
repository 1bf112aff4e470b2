import { describe, expect, test } from 'vitest';
import { endGroups, openPlace } from './orch.ts';
import { eventsOf, expectFailure } from './steps.ts';

describe.concurrent('time limits', () => {
  const endless = 'sleep 600 & sleep 601';

  test.for([
    ['a shell step', { a: { run: endless, timeout_s: 1 } }, {}],
    ['a gate', { a: { kind: 'gate', run: endless, timeout_s: 1 } }, {}],
    ['an item', { a: { each: [1], run: endless, timeout_s: 1 } }, {}],
    ['the job', { a: { run: endless } }, { timeout_s: 1.5 }],
  ] as const)(
    '%s that takes too long ends with code timeout, and no process lives on',
    async ([, steps, job], context) => {
      const place = openPlace(context);
      const failure = await expectFailure(place, steps, { job });
      expect(failure).toMatchObject({ step: 'a', code: 'timeout' });
      expect(failure.message).toContain('timeout_s');
      expect(eventsOf(place, 'process.started')).toHaveLength(1);
      expect(endGroups(place)).toEqual([]);
      expect(place.events().at(-1)).toMatchObject({ type: 'job.failed', data: { error: { code: 'timeout' } } });
    },
  );
});
