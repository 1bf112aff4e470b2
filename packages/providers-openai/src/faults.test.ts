import { providerFaults } from '@orch/testkit';
import { describe } from 'vitest';
import { fakeChat, fakeResponses } from './testing/fake-vendor.ts';

const ofBoth = { mockPath: '/v1', variable: 'OPENAI_BASE_URL' } as const;

describe('chat completions', () => providerFaults({ ...fakeChat, ...ofBoth }));

describe('responses', () => providerFaults({ ...fakeResponses, ...ofBoth }));
