/** What cannot be read from the job of a pipeline. */
export type PipelineTraits = {
  /** In one line. */
  readonly about: string;
  /** What stands for the task of a pipeline that has one, in a copy that nobody gave another. */
  readonly exampleTask?: string;
  /** Parameters that name a file of the outputs. */
  readonly outputFiles?: readonly string[];
  /** The parameter with the files that are no part of what it looks at: what a command writes beside the run is none. */
  readonly ignored?: string;
  /** By parameter, the values there are. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
};

const traits = {
  software: {
    about: 'build a small project from one sentence, and review what was written',
    exampleTask: 'Create a notes app with 2 endpoints (POST /notes, GET /notes) using SQLite',
    choices: { type: ['auto', 'library', 'cli', 'http_api', 'web_app', 'data_script'] },
  },
  review: {
    about: 'review a diff, or files, as JSON, Markdown and SARIF',
    outputFiles: ['sarif'],
    ignored: 'ignore',
    choices: { fail_on: ['low', 'medium', 'high', 'critical', 'none'] },
  },
  docs: { about: 'document source files: a page for each, and an index' },
  refactor: {
    about: 'propose a patch for a goal, checked but not applied',
    exampleTask: 'Give better names to what has a misleading one, and change nothing else',
    outputFiles: ['patch'],
  },
} as const satisfies Readonly<Record<string, PipelineTraits>>;

export type PipelineName = keyof typeof traits;

/** By name, without reading a file. */
export const pipelineTraits: Readonly<Record<PipelineName, PipelineTraits>> = traits;

export const pipelineNames = Object.keys(traits) as readonly PipelineName[];
