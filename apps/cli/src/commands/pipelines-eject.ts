import { join, relative, resolve } from 'node:path';
import { exitCodes } from '@orch/contracts';
import { ejectPipeline } from '@orch/pipelines';
import type { Invocation } from './index.ts';

type Options = { readonly task?: string; readonly force?: true };

export async function execute(invocation: Invocation<Options>): Promise<0> {
  const {
    terminal,
    args: [name = '', folder = name],
    options,
  } = invocation;
  const { cwd } = terminal;
  const dir = resolve(cwd, folder);
  const { task, force } = options;
  const files = ejectPipeline(name, dir, { task, force }).map((path) => relative(cwd, join(dir, path)));
  if (options.json) terminal.out(JSON.stringify(files, undefined, 2));
  else {
    for (const file of files) terminal.out(file);
    terminal.out(`${terminal.paint('dim', 'run it')}  orch run ${relative(cwd, join(dir, 'job.yaml'))}`);
  }
  return exitCodes.succeeded;
}
