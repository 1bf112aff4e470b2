import { resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Json, Outcome, StepHost } from '@orch/contracts';
import { z } from 'zod';

/** The fields of a step that starts a command: a line for `/bin/sh`, or a program and its arguments. */
export const commandFields = {
  run: z.string().optional(),
  command: z.string().optional(),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.union([z.string(), z.strictObject({ secret: z.string() })])).default({}),
  cwd: z.string().optional(),
  stdin: z.string().optional(),
};

type CommandFields = z.infer<z.ZodObject<typeof commandFields>>;

/** What is started: no shell stands between orch and a program unless the step wrote a shell line. */
export function commandOf({ run, command, args }: CommandFields): { readonly file: string; readonly args: string[] } {
  if (run !== undefined) return { file: '/bin/sh', args: ['-c', short(run, 'run')] };
  return { file: command ?? '', args: args.map((arg, at) => short(arg, `args[${at}]`)) };
}

/** Bytes of one argument, or of a variable with its name, with the byte that ends it: MAX_ARG_STRLEN of Linux. */
const maxArgument = 128 * 1024;

/** The system itself only says that something was too long. */
function short(text: string, what: string, name = ''): string {
  const size = Buffer.byteLength(text);
  const most = maxArgument - 1 - (name === '' ? 0 : Buffer.byteLength(name) + 1);
  if (size <= most) return text;
  throw new OrchError('template', `${what} has ${size} bytes; a command takes at most ${most}`, {
    hint: 'hand it over through stdin, or write it to a file first',
  });
}

/** Folder, environment and hooks that every command of a step gets. Relative folders count from the job file's. */
export function commandOptions(fields: CommandFields, host: StepHost) {
  return {
    cwd: resolve(host.dirs.job, fields.cwd ?? '.'),
    env: { ...host.commandEnv, ...variables(fields, host), ORCH_STEP_KEY: host.key, ORCH_JOB_ID: host.scope.run.id },
    ...(fields.stdin === undefined ? {} : { stdin: fields.stdin }),
    signal: host.signal,
    onStart: ({ pid, pgid, startedAt }: { pid: number; pgid: number; startedAt: string }) =>
      host.emit('process.started', { pid, pgid, started_at: startedAt }),
    onOutput: (text: string, from: string) => host.log(text, from),
  };
}

/** The only place where the name of a secret becomes its value: what the process is started with. */
function variables({ env }: CommandFields, host: StepHost): Record<string, string> {
  const entries = Object.entries(env);
  return Object.fromEntries(entries.map(([name, value]) => [name, short(textOf(value, host), `env.${name}`, name)]));
}

function textOf(value: CommandFields['env'][string], host: StepHost): string {
  return typeof value === 'string' ? value : host.secret(value.secret);
}

/** What a command could not even be started for fails its step. */
export async function orFailed(run: () => Promise<Outcome<Json>>): Promise<Outcome<Json>> {
  try {
    return await run();
  } catch (error) {
    if (OrchError.is(error)) return { status: 'failed', error };
    throw error;
  }
}

/** Everything a command's fields say changes its result. */
export function commandFingerprint(fields: CommandFields & { readonly [field: string]: unknown }): Json {
  return JSON.parse(JSON.stringify(fields)) as Json;
}
