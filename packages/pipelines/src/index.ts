export { describePipeline } from './describe-pipeline.ts';
export type { Parameter, PipelineDescription, PipelineStep } from './describe-pipeline.ts';
export { ejectPipeline } from './eject-pipeline.ts';
export type { EjectOptions } from './eject-pipeline.ts';
export { findPipeline, requirePipeline } from './find-pipeline.ts';
export type { PipelineFile } from './find-pipeline.ts';
export { pipelineNames, pipelineTraits } from './pipelines.ts';
export type { PipelineName, PipelineTraits } from './pipelines.ts';
