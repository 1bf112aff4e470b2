/** In which folder runs are looked for. */
export const runsDir = ['--runs-dir <dir>', 'folder of all runs (default: $ORCH_RUNS_DIR or runs)'] as const;

export const specArgument = ['[spec]', 'job file (default: job.yaml or orch.yaml)'] as const;

export const variables = ['--var <key=value>', 'set a variable of the job; any number of times', 'many'] as const;

export const strict = ['--strict', 'warnings are errors, such as globs that find nothing'] as const;

/** What decides what a run does. */
export const planning = [
  ['--provider <name>', 'who answers: name or name:model'],
  variables,
  ['--only <step>', 'run this step and what it needs', 'once'],
  ['--limit <items>', 'take at most so many items of each fan-out'],
  strict,
] as const;
