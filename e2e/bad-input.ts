import type { Environment } from './orch.ts';

/** Base URLs: of an Ollama with the models qwen2.5:7b and llama3, and of a port at which nobody listens. */
export type Servers = { readonly reachable: string; readonly unreachable: string };

/** A call that is refused. */
export type Case = {
  readonly name: string;
  readonly job?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env?: (servers: Servers) => Environment;
  readonly exit: 2 | 5;
  /** What was expected, what came, what to do. */
  readonly says: readonly (string | RegExp)[];
};

export const fine = 'steps:\n  a: { run: "true" }\n';
const asks = 'steps:\n  a: { prompt: "hello" }\n';

export const badJobs: readonly Case[] = [
  {
    name: 'a job file that is not there',
    args: ['run', 'missing.yaml'],
    exit: 2,
    says: ['Expected a job file at missing.yaml', 'there is none', /\n {2}\S/],
  },
  {
    name: 'no SPEC, and no job file in the folder',
    args: ['run'],
    exit: 2,
    says: ['no SPEC was given', 'no job.yaml and no orch.yaml', 'orch run path/to/job.yaml'],
  },
  {
    name: 'a folder instead of a job file',
    files: { 'jobs/job.yaml': fine },
    args: ['run', 'jobs'],
    exit: 2,
    says: ['Expected a job file at jobs', 'it is a folder', 'jobs/job.yaml'],
  },
  {
    name: 'malformed YAML',
    job: 'steps:\n  a:\n    run: "unfinished\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: [/^job\.yaml:\d+:\d+: .*quote/m, 'nothing was run'],
  },
  {
    name: 'an unknown key, with the nearest one',
    job: 'steps:\n  a:\n    run: "true"\n    timout_s: 3\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: ['job.yaml:4:5: steps.a.timout_s: unknown key, did you mean "timeout_s"?'],
  },
  {
    name: 'two steps with the same id',
    job: 'steps:\n  a: { run: "true" }\n  b: { run: "true" }\n  a: { run: "false" }\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: ['job.yaml:4:3: steps.a', 'second step with this id', 'line 2'],
  },
  {
    name: 'a need that is no step',
    job: 'steps:\n  build: { run: "true" }\n  test: { run: "true", needs: [biuld] }\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: [/^job\.yaml:3:\d+: steps\.test\.needs\[0\]: no step "biuld", did you mean "build"\?$/m],
  },
  {
    name: 'a template that names no step',
    job: 'steps:\n  build: { run: "true" }\n  test:\n    run: echo {{ steps.biuld.output }}\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: [/^job\.yaml:4:\d+: steps\.test\.run: no step "biuld", did you mean "build"\?$/m],
  },
  {
    name: 'a cycle, with its path',
    job: 'steps:\n  a: { run: "true", needs: [c] }\n  b: { run: "true", needs: [a] }\n  c: { run: "true", needs: [b] }\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: [/^job\.yaml:\d:\d+: .*(a → c → b → a|b → a → c → b|c → b → a → c)/m],
  },
  {
    name: 'several errors, all at once',
    job: 'projct: x\nsteps:\n  a: { run: "true", needs: [zz] }\n  b:\n    promt: hi\n  c:\n    run: echo {{ vars.no }}\n    retry: soon\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: [
      /^job\.yaml:1:1: .*"project"/m,
      /^job\.yaml:3:\d+: .*"zz"/m,
      /^job\.yaml:5:5: .*"prompt"/m,
      /^job\.yaml:7:\d+: .*vars\.no/m,
      /^job\.yaml:8:\d+: .*got "soon"/m,
      '5 problems in job.yaml',
    ],
  },
  {
    name: 'fields that are not built yet',
    job: 'budget: { usd: 1 }\nsteps:\n  review:\n    prompt: hi\n    candidates: 3\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: ['job.yaml:1:1: budget: not built yet', 'job.yaml:5:5: steps.review.candidates: not built yet'],
  },
  {
    name: 'a prompt file that is not there',
    job: 'steps:\n  a: { prompt_file: prompts/a.md }\n',
    args: ['run', 'job.yaml'],
    exit: 2,
    says: [/^job\.yaml:2:\d+: steps\.a\.prompt_file: .*prompts\/a\.md/m],
  },
];

export const badProviders: readonly Case[] = [
  {
    name: 'an unknown provider as a flag',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'olama:x'],
    exit: 2,
    says: [
      'Expected --provider to be one of the providers ollama, openai, anthropic, mlx, replay, echo, got `olama`',
      'mean ollama',
    ],
  },
  {
    name: 'an unknown provider in the job',
    job: `provider: olama:x\n${asks}`,
    args: ['run', 'job.yaml'],
    exit: 2,
    says: [
      'job.yaml:1:11: provider: expected one of ollama, openai, anthropic, mlx, replay, echo, got "olama", did you mean "ollama"?',
    ],
  },
  {
    name: 'an unknown provider in PROVIDER',
    job: asks,
    args: ['run', 'job.yaml'],
    env: () => ({ PROVIDER: 'olama:x' }),
    exit: 2,
    says: [
      'Expected PROVIDER to be one of the providers ollama, openai, anthropic, mlx, replay, echo, got `olama`',
      'mean ollama',
    ],
  },
  {
    name: 'a badly written provider',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'Open AI'],
    exit: 2,
    says: ['Expected --provider to be name or name:model', '`Open AI`'],
  },
  {
    name: 'openai without a key',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'openai:gpt-4o'],
    exit: 5,
    says: ['Expected an API key', 'OPENAI_API_KEY is not set', 'Set OPENAI_API_KEY'],
  },
  {
    name: 'openai without a model',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'openai'],
    env: () => ({ OPENAI_API_KEY: 'sk-of-the-test-0123456789' }),
    exit: 5,
    says: ['which model', '--provider openai:MODEL', 'PROVIDER_MODEL'],
  },
  {
    name: 'openai with neither key nor model',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'openai'],
    exit: 5,
    says: ['OPENAI_API_KEY is not set', '--provider openai:MODEL'],
  },
  {
    name: 'an Ollama that cannot be reached',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'ollama:llama3'],
    env: ({ unreachable }) => ({ OLLAMA_BASE_URL: unreachable }),
    exit: 5,
    says: [/Expected Ollama at http:\/\/127\.0\.0\.1:\d+ to answer/, 'ECONNREFUSED', 'ollama serve', 'OLLAMA_BASE_URL'],
  },
  {
    name: 'an Ollama without the model',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'ollama:mistral'],
    env: ({ reachable }) => ({ OLLAMA_BASE_URL: reachable }),
    exit: 5,
    says: ['the model mistral', 'qwen2.5:7b, llama3:latest', 'ollama pull mistral'],
  },
  {
    name: 'a compatible server that cannot be reached',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'openai:gpt-4o'],
    env: ({ unreachable }) => ({ OPENAI_BASE_URL: `${unreachable}/v1`, OPENAI_API_KEY: 'sk-of-the-test-0123456789' }),
    exit: 5,
    says: [/Expected the server at http:\/\/127\.0\.0\.1:\d+\/v1 to answer/, 'ECONNREFUSED', 'OPENAI_BASE_URL'],
  },
  {
    name: 'nobody to answer: no provider named, no Ollama, no recordings',
    job: asks,
    args: ['run', 'job.yaml'],
    env: ({ unreachable }) => ({ OLLAMA_BASE_URL: unreachable }),
    exit: 5,
    says: ['PROVIDER is not set', 'no Ollama answers', 'no recordings', '--provider ollama:', 'OPENAI_API_KEY'],
  },
  {
    name: 'nobody to answer although a paid service has its key',
    job: asks,
    args: ['run', 'job.yaml'],
    env: ({ unreachable }) => ({ OLLAMA_BASE_URL: unreachable, OPENAI_API_KEY: 'sk-of-the-test-0123456789' }),
    exit: 5,
    says: ['PROVIDER is not set', /OPENAI_API_KEY is set/, 'openai:MODEL'],
  },
  {
    name: 'replay without recordings',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'replay'],
    exit: 5,
    says: [/Expected .*recordings/, /recordings', got|found none|there is none|ENOENT/, 'orch record'],
  },
  {
    name: 'a bad timeout',
    job: asks,
    args: ['run', 'job.yaml', '--provider', 'ollama:llama3'],
    env: ({ reachable }) => ({ OLLAMA_BASE_URL: reachable, PROVIDER_TIMEOUT_S: 'soon' }),
    exit: 2,
    says: ['Expected PROVIDER_TIMEOUT_S to be a number', '`soon`', 'the default is 60'],
  },
  {
    name: 'a bad timeout, with no provider named',
    job: asks,
    args: ['run', 'job.yaml'],
    env: ({ reachable }) => ({ OLLAMA_BASE_URL: reachable, PROVIDER_TIMEOUT_S: 'soon' }),
    exit: 2,
    says: ['Expected PROVIDER_TIMEOUT_S to be a number', '`soon`', 'the default is 60'],
  },
];

export const badUse: readonly Case[] = [
  {
    name: 'a runs folder below a file',
    job: fine,
    files: { file: '' },
    args: ['run', 'job.yaml', '--runs-dir', 'file/runs'],
    exit: 2,
    says: ['Expected a folder for runs that can be written', 'file/runs', 'ENOTDIR', '--runs-dir or ORCH_RUNS_DIR'],
  },
  {
    name: 'a runs folder that is a file',
    job: fine,
    files: { file: '' },
    args: ['run', 'job.yaml'],
    env: () => ({ ORCH_RUNS_DIR: 'file' }),
    exit: 2,
    says: ['Expected a folder for runs that can be written', '/file', '--runs-dir or ORCH_RUNS_DIR'],
  },
  {
    name: 'a runs folder where none can be made',
    job: fine,
    args: ['run', 'job.yaml', '--runs-dir', '/proc/no/runs'],
    exit: 2,
    says: ['Expected a folder for runs that can be written', '/proc/no', '--runs-dir or ORCH_RUNS_DIR'],
  },
  {
    name: 'a runs folder in which `latest` is no link',
    job: fine,
    files: { 'runs/latest/keep.txt': '' },
    args: ['run', 'job.yaml'],
    exit: 2,
    says: ['latest'],
  },
  {
    name: 'a --var without a value',
    job: fine,
    args: ['run', 'job.yaml', '--var', 'novalue'],
    exit: 2,
    says: ['Expected --var key=value', '`novalue`'],
  },
  {
    name: 'a --var that the job does not have',
    job: `vars: { repo: x }\n${fine}`,
    args: ['run', 'job.yaml', '--var', 'rpeo=y'],
    exit: 2,
    says: ['--var rpeo', 'did you mean "repo"'],
  },
  {
    name: 'a --limit of nothing',
    job: fine,
    args: ['run', 'job.yaml', '--limit', '0'],
    exit: 2,
    says: ['Expected --limit to be a whole number from 1', '`0`'],
  },
  {
    name: 'a --limit that is no number',
    job: fine,
    args: ['run', 'job.yaml', '--limit', 'few'],
    exit: 2,
    says: ['Expected --limit to be a whole number from 1', '`few`'],
  },
  {
    name: '--only a step that is not there',
    job: fine,
    args: ['run', 'job.yaml', '--only', 'b'],
    exit: 2,
    says: ['Expected --only to name a step of the job', 'got b', 'Its steps are a'],
  },
  {
    name: 'two job files',
    job: fine,
    args: ['run', 'job.yaml', '--spec', 'other.yaml'],
    exit: 2,
    says: ['Expected one job file', 'job.yaml and --spec other.yaml'],
  },
  { name: 'an unknown command', args: ['rnu'], exit: 2, says: [/unknown command\W+rnu/i, /\brun\b/] },
  {
    name: 'an unknown flag',
    job: fine,
    args: ['run', 'job.yaml', '--provder', 'x'],
    exit: 2,
    says: ['--provder', /did you mean --provider/i],
  },
  {
    name: 'an unknown job id',
    args: ['show', 'job_0123456789ab'],
    exit: 2,
    says: ['id starts with job_0123456789ab', 'none', 'orch list'],
  },
  {
    name: 'an ambiguous prefix of a job id',
    files: { 'runs/job_0a0000000000/events.jsonl': '', 'runs/job_0a1111111111/events.jsonl': '' },
    args: ['tail', '0a'],
    exit: 2,
    says: ['Expected one run', '0a', 'job_0a0000000000, job_0a1111111111', 'orch list'],
  },
  {
    name: 'the latest of no runs',
    args: ['show'],
    exit: 2,
    says: ['Expected a run', 'found none', 'orch run'],
  },
];
