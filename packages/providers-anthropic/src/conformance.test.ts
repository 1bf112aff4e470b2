import { providerConformance } from '@orch/testkit';
import { describe } from 'vitest';
import { fakeVendor } from './testing/fake-vendor.ts';

describe.each(['2023-06-01', '2026-10-21'] as const)('version %s', (apiVersion) => {
  providerConformance(fakeVendor(apiVersion));
});
