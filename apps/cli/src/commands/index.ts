import type { ExitCode } from '@orch/contracts';
import type { Terminal } from '../terminal/terminal.ts';
import { authorCommands } from './author-commands.ts';
import { planning, runsDir, specArgument } from './option-rows.ts';

/** What a command is called with: its arguments as far as they were given, and its options by their long names in camelCase. */
export type Invocation<O = Readonly<Record<string, unknown>>> = {
  readonly terminal: Terminal;
  readonly args: readonly string[];
  readonly options: O & { readonly json?: true; readonly verbose?: true };
};

export type CommandRow = {
  /** Two words make it a command of a group: `cache ls`. */
  readonly name: string;
  readonly summary: string;
  /** Names as commander writes them (`<job>`, `[item]`, `<key...>`), and their descriptions. */
  readonly arguments: readonly (readonly [string, string])[];
  /** Flags as commander writes them, their description, and whether they may be given many times, or are refused the second time. */
  readonly options: readonly (readonly [string, string, ('many' | 'once')?])[];
  readonly load: () => Promise<{ execute(invocation: Invocation<never>): Promise<ExitCode> }>;
};

const howItGoesOn = [
  ['--from <step>', 'run this step and all that needs it anew', 'once'],
  ['--retry-failed', 'ask for other answers where steps failed'],
  ['--fail-fast', 'end what is in flight at the first failure that no step accepts'],
  ['--plan', 'only tell what would happen: nothing runs'],
] as const;
const answering = [
  ...planning,
  ['--frozen', 'call nobody: replies come from the cache or from recordings'],
  ['--force', 'replace files in output_dir that orch did not write'],
] as const;
const jobArgument = ['[job]', 'job id, the unique start of one, or latest'] as const;

/** What the commands of a group are about. */
export const groups: Readonly<Record<string, string>> = {
  cache: 'look at and clean the cache that all runs share',
  pipelines: 'look at the pipelines that come with orch, and take copies of them',
};

/** All commands there are. Their code is loaded when they are called. */
export const commands: readonly CommandRow[] = [
  {
    name: 'run',
    summary: 'run a job',
    arguments: [specArgument],
    options: [
      ['--spec <file>', 'job file'],
      ...answering,
      ['--resume', 'go on with the newest unfinished run of this job, compiled anew'],
      ...howItGoesOn,
      runsDir,
    ],
    load: () => import('./run.ts'),
  },
  {
    name: 'resume',
    summary: 'go on with a run',
    arguments: [jobArgument],
    options: [
      ['--spec <file>', "compile this job file anew, instead of the run's own plan"],
      ...answering,
      ...howItGoesOn,
      runsDir,
    ],
    load: () => import('./resume.ts'),
  },
  {
    name: 'cancel',
    summary: 'end a run for good',
    arguments: [['<job>', 'job id, the unique start of one, or latest']],
    options: [['--reason <text>', 'why, for the log'], runsDir],
    load: () => import('./cancel.ts'),
  },
  {
    name: 'approve',
    summary: 'answer a step that waits for a person',
    arguments: [
      ['<job>', 'job id, the unique start of one, or latest'],
      ['<step>', 'the step that asked'],
      ['[item]', 'the item of it that asked'],
    ],
    options: [
      ['--answer <text>', 'one of the options where the question has some, else yes, no or words'],
      ['--reject', 'answer no'],
      runsDir,
    ],
    load: () => import('./approve.ts'),
  },
  ...authorCommands,
  {
    name: 'show',
    summary: 'show how a run went',
    arguments: [jobArgument],
    options: [runsDir],
    load: () => import('./show.ts'),
  },
  {
    name: 'why',
    summary: 'tell why a step asked a model or did not, and what differed',
    arguments: [
      ['<job>', 'job id, the unique start of one, or latest'],
      ['<step>', 'the step'],
      ['[item]', 'the item of it'],
    ],
    options: [runsDir],
    load: () => import('./why.ts'),
  },
  {
    name: 'diff',
    summary: 'compare two runs step by step: same, nondeterministic, or what changed',
    arguments: [
      ['<a>', 'a run'],
      ['<b>', 'another run'],
    ],
    options: [runsDir],
    load: () => import('./diff.ts'),
  },
  {
    name: 'list',
    summary: 'list the runs',
    arguments: [['[prefix]', 'only runs whose id starts so']],
    options: [runsDir],
    load: () => import('./list.ts'),
  },
  {
    name: 'tail',
    summary: 'print the events of a run',
    arguments: [jobArgument],
    options: [['-f, --follow', 'go on until the run ends'], runsDir],
    load: () => import('./tail.ts'),
  },
  {
    name: 'record',
    summary: 'write the replies of a run as recordings, for the provider replay',
    arguments: [jobArgument],
    options: [['--to <dir>', 'folder for them (default: recordings)'], runsDir],
    load: () => import('./record.ts'),
  },
  {
    name: 'verify',
    summary: 'check a run against its log: every line, file, blob and reply',
    arguments: [jobArgument],
    options: [runsDir],
    load: () => import('./verify.ts'),
  },
  {
    name: 'export',
    summary: 'write a run into one file, to be imported elsewhere',
    arguments: [jobArgument],
    options: [
      ['-o, --output <file>', 'a file that ends in .tar.gz or .tar.zst'],
      ['--force', 'replace a file that is there'],
      runsDir,
    ],
    load: () => import('./export.ts'),
  },
  {
    name: 'import',
    summary: 'bring a run from such a file into the folder of runs',
    arguments: [['<file>', 'what `orch export` wrote']],
    options: [
      ['--max-entries <n>', 'refuse more files and folders than this (default: 500000)'],
      ['--max-size <size>', 'refuse what is larger unpacked (default: 4GB)'],
      runsDir,
    ],
    load: () => import('./import.ts'),
  },
  {
    name: 'doctor',
    summary: 'check who answers: reachable, authorised, model present, context size, with advice',
    arguments: [['[job]', 'job file, whose providers are checked too']],
    options: [['--provider <name>', 'only this one: name or name:model']],
    load: () => import('./doctor.ts'),
  },
  {
    name: 'models',
    summary: 'list the models of a provider, or of all that are configured',
    arguments: [['[provider]', 'ollama, openai, anthropic or mlx']],
    options: [],
    load: () => import('./models.ts'),
  },
  {
    name: 'cache ls',
    summary: 'list the entries, those used last first',
    arguments: [],
    options: [['--step <step>', 'only entries of this step'], runsDir],
    load: () => import('./cache-ls.ts'),
  },
  {
    name: 'cache stats',
    summary: 'tell how much there is',
    arguments: [],
    options: [runsDir],
    load: () => import('./cache-stats.ts'),
  },
  {
    name: 'cache prune',
    summary: 'remove entries, those unused for longest first, and what no entry needs any more',
    arguments: [],
    options: [
      ['--older-than <time>', 'entries unused for so long: 12h, 30d, 8w'],
      ['--max-size <size>', 'as many as it takes for the others to fit: 300MB, 1GB'],
      runsDir,
    ],
    load: () => import('./cache-prune.ts'),
  },
  {
    name: 'cache verify',
    summary: 'read everything and name what cannot be used',
    arguments: [],
    options: [runsDir],
    load: () => import('./cache-verify.ts'),
  },
  {
    name: 'cache rm',
    summary: 'remove entries',
    arguments: [['<key...>', 'keys, or unique starts of keys']],
    options: [runsDir],
    load: () => import('./cache-rm.ts'),
  },
  {
    name: 'pipelines list',
    summary: 'list the pipelines; each is a command too',
    arguments: [],
    options: [],
    load: () => import('./pipelines-list.ts'),
  },
  {
    name: 'pipelines show',
    summary: 'show the parameters and steps of a pipeline, and its job file',
    arguments: [['<name>', 'the pipeline']],
    options: [],
    load: () => import('./pipelines-show.ts'),
  },
  {
    name: 'pipelines eject',
    summary: 'copy a pipeline into a folder, as a job of your own',
    arguments: [
      ['<name>', 'the pipeline'],
      ['[dir]', 'the folder (default: the name of the pipeline)'],
    ],
    options: [
      ['--task <text>', 'what the job is to do, where the pipeline has a task'],
      ['--force', 'replace files that are there'],
    ],
    load: () => import('./pipelines-eject.ts'),
  },
];
