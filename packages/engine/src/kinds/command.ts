import { resolve } from 'node:path';
import type { Json, StepHost } from '@orch/contracts';
import { z } from 'zod';

/** The fields of a step that starts a command: a line for `/bin/sh`, or a program and its arguments. */
export const commandFields = {
  run: z.string().optional(),
  command: z.string().optional(),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  cwd: z.string().optional(),
  stdin: z.string().optional(),
};

type CommandFields = z.infer<z.ZodObject<typeof commandFields>>;

/** What is started: no shell stands between orch and a program unless the step wrote a shell line. */
export function commandOf({ run, command, args }: CommandFields): { readonly file: string; readonly args: string[] } {
  if (run !== undefined) return { file: '/bin/sh', args: ['-c', run] };
  return { file: command ?? '', args };
}

/** Folder, environment and hooks that every command of a step gets. Relative folders count from the job file's. */
export function commandOptions(fields: CommandFields, host: StepHost) {
  return {
    cwd: resolve(host.dirs.job, fields.cwd ?? '.'),
    env: { ...host.commandEnv, ...fields.env, ORCH_STEP_KEY: host.key, ORCH_JOB_ID: host.scope.run.id },
    ...(fields.stdin === undefined ? {} : { stdin: fields.stdin }),
    signal: host.signal,
    onStart: ({ pid, pgid, startedAt }: { pid: number; pgid: number; startedAt: string }) =>
      host.emit('process.started', { pid, pgid, started_at: startedAt }),
    onOutput: (text: string) => host.log(text),
  };
}

/** Everything a command's fields say changes its result. */
export function commandFingerprint(fields: CommandFields): Json {
  return JSON.parse(JSON.stringify(fields)) as Json;
}
