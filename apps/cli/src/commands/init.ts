import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { OrchError, exitCodes } from '@orch/contracts';
import { writeAtomic } from '@orch/filestore';
import { isTemplate, templates, toJobFile } from '../job-templates.ts';
import type { TemplateName } from '../job-templates.ts';
import type { Terminal } from '../terminal.ts';
import type { Invocation } from './index.ts';
import { schemaText } from './schema.ts';

type Options = {
  readonly template?: string;
  readonly provider?: string;
  readonly file?: string;
  readonly ts?: true;
  readonly yes?: true;
  readonly json?: true;
};

const schemaFile = '.orch/job.schema.json';

/** Writes a job to begin with, the schema that editors check it by, and what git shall ignore. Replaces nothing. */
export async function execute({ terminal, args, options }: Invocation<Options>): Promise<0> {
  const dir = resolve(terminal.cwd, args[0] ?? '.');
  const chosen = await choose(options, terminal);
  const { file, text, beside } = toJobFile({ ...chosen, schemaFile });
  const files = new Map([[file, text], ...beside]);
  const taken = [...files.keys()].filter((path) => existsSync(join(dir, path)));
  if (taken.length > 0) throw alreadyThere(taken, dir);
  const written = [...files.keys()];
  for (const [path, content] of files) write(join(dir, path), content);
  if (!chosen.ts && !existsSync(join(dir, schemaFile))) {
    write(join(dir, schemaFile), schemaText('job'));
    written.push(schemaFile);
  }
  if (ignoreRuns(join(dir, '.gitignore'))) written.push('.gitignore');
  if (options.json) terminal.out(JSON.stringify({ dir, file, written }));
  else for (const line of told(dir, { file, written }, terminal)) terminal.out(line);
  return exitCodes.succeeded;
}

type Choice = {
  readonly template: TemplateName;
  readonly provider: string;
  readonly file: string;
  readonly ts: boolean;
};

async function choose(options: Options, terminal: Terminal): Promise<Choice> {
  const ask = options.yes === true || options.json === true ? undefined : terminal.ask;
  const { ts = false } = options;
  const name = options.template ?? (await askTemplate(ask, terminal)) ?? 'chain';
  if (!isTemplate(name)) {
    const known = Object.keys(templates).join(', ');
    throw new OrchError('usage', `Expected --template to be one of ${known}, got ${name}.`);
  }
  const usual = ts ? 'job.ts' : 'job.yaml';
  const provider =
    options.provider ?? (await askFor('Who answers: auto, echo, ollama:qwen2.5:7b, openai:MODEL', 'auto'));
  const file = options.file ?? (await askFor('Name of the file', usual));
  const fits = ts ? /\.[cm]?ts$/ : /\.(ya?ml)$/;
  if (!fits.test(file)) throw new OrchError('usage', `Expected a file name such as ${usual}, got ${file}.`);
  return { template: name, provider, file, ts };

  async function askFor(question: string, byDefault: string): Promise<string> {
    if (ask === undefined) return byDefault;
    const line = await ask(`${question} (${byDefault}): `);
    if (line === undefined) throw new OrchError('interrupted', 'Interrupted, nothing was written.');
    return line.trim() === '' ? byDefault : line.trim();
  }
}

async function askTemplate(ask: Terminal['ask'], { out }: Terminal): Promise<string | undefined> {
  if (ask === undefined) return undefined;
  const names = Object.keys(templates);
  out('What kind of job?');
  for (const [at, name] of names.entries()) out(`  ${at + 1}  ${name.padEnd(9)} ${templates[name as TemplateName]}`);
  const line = await ask('Number or name (1): ');
  if (line === undefined) throw new OrchError('interrupted', 'Interrupted, nothing was written.');
  const said = line.trim() === '' ? '1' : line.trim();
  return names[Number(said) - 1] ?? said;
}

function write(path: string, content: string): void {
  mkdirSync(resolve(path, '..'), { recursive: true });
  writeAtomic(path, content);
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
