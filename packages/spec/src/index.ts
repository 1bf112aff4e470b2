export { parseJob } from './parse-job.ts';
export type { JobSpec } from './parse-job.ts';
export { compileJob, loadJob } from './compile-job.ts';
export type { CompileContext } from './compile-job.ts';
export { digestModule } from './compile/module-digest.ts';
export { parseProvider } from './fields/provider-choice.ts';
export { renderList, renderStep, renderText } from './template/render.ts';
export type { SpecError, SpecErrorCode } from './spec-error.ts';
