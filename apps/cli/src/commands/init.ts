import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { OrchError, exitCodes } from '@orch/contracts';
import { writeAtomic } from '@orch/filestore';
import { chooseJob } from '../init/choose-job.ts';
import type { InitOptions } from '../init/choose-job.ts';
import { toJobFile } from '../init/job-templates.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Invocation } from './index.ts';
import { schemaText } from './schema.ts';

const schemaFile = '.orch/job.schema.json';

/** Writes a job to begin with, the schema that editors check it by, and what git shall ignore. Replaces nothing. */
export async function execute({ terminal, args, options }: Invocation<InitOptions>): Promise<0> {
  const dir = resolve(terminal.cwd, args[0] ?? '.');
  const chosen = await chooseJob(options, terminal);
  const { file, text, beside } = toJobFile({ ...chosen, schemaFile });
  const files = new Map([[file, text], ...beside]);
  const taken = [...files.keys()].filter((path) => existsSync(join(dir, path)));
  if (taken.length > 0) throw alreadyThere(taken, dir);
  const written = [...files.keys()];
  for (const [path, content] of files) writeAtomic(join(dir, path), content);
  if (!chosen.ts && !existsSync(join(dir, schemaFile))) {
    writeAtomic(join(dir, schemaFile), schemaText('job'));
    written.push(schemaFile);
  }
  if (ignoreRuns(join(dir, '.gitignore'))) written.push('.gitignore');
  if (options.json) terminal.out(JSON.stringify({ dir, file, written }));
  else for (const line of told(dir, { file, written }, terminal)) terminal.out(line);
  return exitCodes.succeeded;
}

/** Whether an entry had to be added. */
function ignoreRuns(path: string): boolean {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (/^\/?runs\/?$/m.test(before)) return false;
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  writeAtomic(path, `${before}${gap}runs/\n`);
  return true;
}

function alreadyThere(taken: readonly string[], dir: string): OrchError {
  return new OrchError('usage', `Expected ${taken.join(', ')} not to be in ${dir} yet. Nothing was written.`, {
    hint: 'Name another file with --file, or another folder.',
  });
}

type Told = { readonly file: string; readonly written: readonly string[] };

function told(dir: string, { file, written }: Told, { cwd, paint }: Terminal): string[] {
  const path = relative(cwd, join(dir, file));
  return [
    ...written.map((name) => `${paint('green', 'wrote')}  ${relative(cwd, join(dir, name))}`),
    '',
    `orch validate ${path}`,
    `orch run ${path} --provider echo   made-up replies, costs nothing`,
  ];
}
