import type { Preimage } from '@orch/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NearestEntries, counts } from './nearest-entries.ts';
import type { IndexedEntry } from './nearest-entries.ts';

const preimage = fc
  .record({
    model: fc.constantFrom('m', 'n'),
    temperature: fc.nat(3),
    prompt: fc.constantFrom('a', 'b', 'c'),
    sample: fc.nat(2),
  })
  .map<Preimage>(({ model, temperature, prompt, sample }) => ({
    provider: { name: 'p', model, opts: { temperature } },
    step: 's',
    inputs: { prompt },
    ...(sample > 0 && { sample }),
  }));

const entry = fc.record<IndexedEntry>({
  key: fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5'),
  cached_at: fc.nat(9).map((second) => `2026-01-01T00:00:0${second}.000Z`),
  preimage,
});

const filter = fc.record(
  { except: fc.constantFrom('k1', 'k2'), before: fc.nat(9).map((second) => `2026-01-01T00:00:0${second}.000Z`) },
  { requiredKeys: [] },
);

test('in whatever order entries come, one that counts is found when there is one, and shares what another does', () => {
  fc.assert(
    fc.property(fc.array(entry), fc.array(entry), preimage, filter, (stored, added, asked, which) => {
      const known = new NearestEntries(stored);
      for (const one of added) known.add(one);
      const eligible = [...stored, ...added].filter((one) => counts(one, which));
      const { nearest, changed } = known.nearestTo(asked, which);
      const differing = eligible.map((one) => ({ key: one.key, changed: fieldsThatDiffer(asked, one.preimage) }));
      if (eligible.length === 0) expect({ nearest, changed }).toEqual({ nearest: undefined, changed: [] });
      else expect(differing).toContainEqual({ key: nearest, changed });
      const sharing = differing.filter((one) => one.changed.filter((name) => name !== 'sample').length < 3);
      const ofSample = sharing.filter((one) => !one.changed.includes('sample'));
      if (ofSample.length > 0) expect(changed.length).toBeLessThan(3);
      else if (sharing.length > 0) expect(changed.length).toBeLessThan(4);
    }),
  );
});

function fieldsThatDiffer(a: Preimage, b: Preimage): string[] {
  return [
    ...(a.inputs['prompt'] === b.inputs['prompt'] ? [] : ['inputs.prompt']),
    ...(a.provider.model === b.provider.model ? [] : ['provider.model']),
    ...(a.provider.opts['temperature'] === b.provider.opts['temperature'] ? [] : ['provider.opts.temperature']),
    ...(a.sample === b.sample ? [] : ['sample']),
  ];
}
