export { createHider } from './create-hider.ts';
export { findSecrets } from './find-secrets.ts';
export type { SecretsQuestion } from './find-secrets.ts';
export { hideError } from './hide-error.ts';
export { hideThrown } from './hide-thrown.ts';
export { hideValue } from './hide-value.ts';
export { hidesNothing } from './no-secrets.ts';
