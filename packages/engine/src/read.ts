/** What looking at runs needs of the engine, without what running them does: it loads many times faster. */
export { openQuestions } from './questions/open-questions.ts';
export type { OpenQuestion } from './questions/open-questions.ts';
export { addedSteps } from './graph/added-steps.ts';
export { readWatermark } from './run/read-watermark.ts';
