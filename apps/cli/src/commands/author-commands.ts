import { planning, runsDir, specArgument, strict, variables } from './option-rows.ts';
import type { CommandRow } from './index.ts';

/** For who writes jobs: none of them runs one. */
export const authorCommands: readonly CommandRow[] = [
  {
    name: 'init',
    summary: 'write a commented job to begin with',
    arguments: [['[dir]', 'folder for it (default: this one)']],
    options: [
      ['--template <name>', 'what kind of job: chain, files, build, approval'],
      ['--provider <name>', 'who answers: name or name:model'],
      ['--file <name>', 'name of the job file (default: job.yaml, or job.ts)'],
      ['--ts', 'in TypeScript'],
      ['-y, --yes', 'ask nothing, take what is usual'],
    ],
    load: () => import('./init.ts'),
  },
  {
    name: 'validate',
    summary: 'check job files: everything that is wrong, with its place',
    arguments: [['[spec...]', 'job files (default: job.yaml or orch.yaml)']],
    options: [variables, strict],
    load: () => import('./validate.ts'),
  },
  {
    name: 'plan',
    summary: 'tell what a run would do: levels, calls, cache, cost, where it stops',
    arguments: [specArgument],
    options: [...planning, runsDir],
    load: () => import('./plan.ts'),
  },
  {
    name: 'graph',
    summary: 'draw the steps of a job, or of a run in the colours of how they stand',
    arguments: [['[job]', 'job file, or the id of a run']],
    options: [['--format <name>', 'ascii (default), mermaid, dot or svg'], runsDir],
    load: () => import('./graph.ts'),
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of a format',
    arguments: [['[name]', 'job (default), event, manifest, cache-entry, recording or inbox']],
    options: [['-o, --output <file>', 'write it into this file']],
    load: () => import('./schema.ts'),
  },
];
