import { Buffer } from 'node:buffer';
import { Context } from 'liquidjs';
import { OrchError } from '@orch/contracts';
import type { StepScope } from '@orch/contracts';
import { hasTags } from '../fields/words.ts';
import { renderError } from './fault.ts';
import { createLanguage, printed } from './language.ts';
import { createParser } from './parse.ts';

/** A line for /bin/sh that holds no value, and the values it names: `$ORCH_V1` … */
type Command = { readonly line: string; readonly env: Readonly<Record<string, string>> };

/** What Linux takes as one string of the environment, less the name. */
const MAX_BYTES = 128 * 1024 - 32;

const language = createLanguage(function (value) {
  const values = this.context.getRegister<string[]>('values', []);
  values.push(printed(value));
  return `"$ORCH_V${values.length}"`;
});
const parse = createParser(language);

/** Renders a shell line so that no value is ever read by the shell: each output becomes an environment variable. */
export function renderCommand(line: string, scope: StepScope, path: string): Command {
  if (!hasTags(line)) return { line, env: {} };
  const context = new Context({ ...scope }, language.options, { sync: true }, { liquid: language });
  const values = context.getRegister<string[]>('values', []);
  const rendered = render(line, context, path);
  return { line: rendered, env: Object.fromEntries(values.map((value, index) => variable(value, index + 1, path))) };
}

function render(line: string, context: Context, path: string): string {
  try {
    return language.renderSync(parse(line), context) as string;
  } catch (error) {
    throw renderError(error, line, path);
  }
}

function variable(value: string, number: number, path: string): readonly [string, string] {
  const hint = 'hand it over through stdin, or write it to a file first';
  if (value.includes('\0')) {
    throw new OrchError('template', `${path}: output ${number} has a NUL byte, which no command can be given`, {
      hint,
    });
  }
  if (Buffer.byteLength(value) <= MAX_BYTES) return [`ORCH_V${number}`, value];
  const size = Buffer.byteLength(value);
  throw new OrchError('template', `${path}: output ${number} has ${size} bytes; a command takes at most ${MAX_BYTES}`, {
    hint,
  });
}
