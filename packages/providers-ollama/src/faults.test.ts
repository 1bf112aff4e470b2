import { providerFaults } from '@orch/testkit';
import { expect } from 'vitest';
import { fakeVendor } from './testing/fake-vendor.ts';

providerFaults({
  ...fakeVendor,
  mockPath: '',
  variable: 'OLLAMA_BASE_URL',
  wordings: [
    [
      404,
      'model "some-model" not found, try pulling it first',
      { code: 'model_missing', hint: expect.stringContaining('ollama pull some-model') },
    ],
    [
      400,
      'registry.ollama.ai/library/some-model does not support tools',
      { code: 'bad_request', hint: expect.stringContaining('ollama show some-model') },
    ],
    [400, 'invalid format: expected "json" or a JSON schema', { code: 'bad_request' }],
    [401, 'unauthorized', { code: 'auth' }],
    [500, 'llama runner process has terminated: signal: killed', { code: 'server' }],
    [503, 'server busy, please try again.  maximum pending requests exceeded', { code: 'server' }],
  ],
});
