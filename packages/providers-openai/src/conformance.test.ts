import { providerConformance } from '@orch/testkit';
import { describe } from 'vitest';
import { fakeChat, fakeResponses } from './testing/fake-vendor.ts';

describe('chat completions', () => providerConformance(fakeChat));

describe('responses', () => providerConformance(fakeResponses));
