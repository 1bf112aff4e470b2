import type { ProviderEnvironment } from '@orch/providers-core';

export const name = 'echo';

/** No environment variable means anything to this provider. */
export const environment = {} as const satisfies ProviderEnvironment;
