import { providerFaults } from '@orch/testkit';
import { expect } from 'vitest';
import { fakeVendor } from './testing/fake-vendor.ts';

providerFaults({
  ...fakeVendor,
  mockPath: '/v1',
  variable: 'MLX_BASE_URL',
  wordings: [
    [
      404,
      '401 Client Error. Repository Not Found for url',
      { code: 'model_missing', hint: expect.stringContaining('hf download some-model') },
    ],
    [400, 'Invalid JSON in request body: Expecting value', { code: 'bad_request' }],
    [500, 'Prompt exceeds max prompt token limit', { code: 'server' }],
    [503, 'kIOGPUCommandBufferCallbackErrorOutOfMemory', { code: 'server' }],
  ],
});
