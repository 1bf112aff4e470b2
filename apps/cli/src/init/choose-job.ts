import { OrchError } from '@orch/contracts';
import { requireProvider } from '@orch/sdk';
import { errorLines } from '../describe/explain-error.ts';
import { isTemplate, templates } from './job-templates.ts';
import type { TemplateName } from './job-templates.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type InitOptions = {
  readonly template?: string;
  readonly provider?: string;
  readonly file?: string;
  readonly ts?: true;
  readonly yes?: true;
  readonly json?: true;
};

type Choice = {
  readonly template: TemplateName;
  readonly provider: string;
  readonly file: string;
  readonly ts: boolean;
};

/** What the options leave open is asked in a terminal, again until it fits; elsewhere it is the usual. */
export async function chooseJob(options: InitOptions, terminal: Terminal): Promise<Choice> {
  const ask = options.yes === true || options.json === true ? undefined : terminal.ask;
  const { ts = false } = options;
  const usual = ts ? 'job.ts' : 'job.yaml';
  const decide = async <T>(given: string | undefined, field: Field<T>): Promise<T> =>
    given === undefined && ask !== undefined
      ? askFor(field, { ...terminal, ask })
      : field.read(given ?? field.byDefault);
  return {
    template: await decide(options.template, templateField),
    provider: await decide(options.provider, providerField),
    file: await decide(options.file, {
      ...{ lines: [], prompt: `Name of the file (${usual}): `, byDefault: usual },
      read: (said) => readFileName(said, ts),
    }),
    ts,
  };
}

type Field<T> = {
  /** Before the prompt. */
  readonly lines: readonly string[];
  readonly prompt: string;
  readonly byDefault: string;
  /** Throws `usage` for what does not fit. */
  readonly read: (said: string) => T;
};

const names = Object.keys(templates) as TemplateName[];

const templateField: Field<TemplateName> = {
  lines: ['What kind of job?', ...names.map((name, at) => `  ${at + 1}  ${name.padEnd(9)} ${templates[name]}`)],
  prompt: 'Number or name (1): ',
  byDefault: 'chain',
  read(said) {
    const name = names[Number(said) - 1] ?? said;
    if (isTemplate(name)) return name;
    throw new OrchError('usage', `Expected --template to be one of ${names.join(', ')}, got ${said}.`);
  },
};

const providerField: Field<string> = {
  lines: [],
  prompt: 'Who answers: auto, echo, ollama:qwen2.5:7b, openai:MODEL (auto): ',
  byDefault: 'auto',
  read(said) {
    requireProvider(said);
    return said;
  },
};

/** Asks until the answer fits. */
async function askFor<T>(
  { lines, prompt, byDefault, read }: Field<T>,
  terminal: Terminal & { readonly ask: NonNullable<Terminal['ask']> },
): Promise<T> {
  for (const line of lines) terminal.out(line);
  for (;;) {
    const line = await terminal.ask(prompt);
    if (line === undefined) throw new OrchError('interrupted', 'Interrupted, nothing was written.');
    try {
      return read(line.trim() === '' ? byDefault : line.trim());
    } catch (error) {
      if (!OrchError.is(error) || error.code !== 'usage') throw error;
      for (const said of errorLines(error, terminal)) terminal.err(said);
    }
  }
}

function readFileName(file: string, ts: boolean): string {
  if ((ts ? /\.[cm]?ts$/ : /\.(ya?ml)$/).test(file)) return file;
  throw new OrchError('usage', `Expected a file name such as ${ts ? 'job.ts' : 'job.yaml'}, got ${file}.`);
}
