export type { Life } from './life.ts';
export { lives } from './lives.ts';
export { isTerminal, next } from './next.ts';
export { TransitionError } from './transition-error.ts';
export type { TransitionErrorCode } from './transition-error.ts';
