import { providerConformance } from '@orch/testkit';
import { fakeVendor } from './testing/fake-vendor.ts';

providerConformance(fakeVendor);
