import { resolve } from 'node:path';
import { OrchError, exitCodes } from '@orch/contracts';
import { jsonSchemas } from '@orch/contracts/schemas';
import { writeAtomic } from '@orch/filestore';
import { jobSchema } from '@orch/sdk';
import type { Invocation } from './index.ts';

type Options = { readonly output?: string };

/** Prints the JSON Schema of a format, or writes it into a file. */
export async function execute({ terminal, args, options }: Invocation<Options>): Promise<0> {
  const [name = 'job'] = args;
  const text = schemaText(name);
  if (options.output === undefined) terminal.out(text.trimEnd());
  else {
    const path = resolve(terminal.cwd, options.output);
    writeAtomic(path, text);
    terminal.out(options.json ? JSON.stringify({ schema: name, path }) : `${name}: ${path}`);
  }
  return exitCodes.succeeded;
}

/** By the names that people say. */
const formats = {
  event: 'execution_event.v1',
  manifest: 'manifest.v1',
  'cache-entry': 'cache_entry.v1',
  recording: 'recording.v1',
  inbox: 'inbox_request.v1',
} as const;

/** The JSON Schema of a format, as the text of a file. Throws `usage` for a format there is not. */
export function schemaText(name: string): string {
  return `${JSON.stringify(schemaOf(name), undefined, 2)}\n`;
}

function schemaOf(name: string): object {
  if (name === 'job') return jobSchema();
  if (Object.hasOwn(formats, name)) return jsonSchemas()[formats[name as keyof typeof formats]];
  const known = ['job', ...Object.keys(formats)].join(', ');
  throw new OrchError('usage', `Expected one of the formats ${known}, got ${name}.`);
}
