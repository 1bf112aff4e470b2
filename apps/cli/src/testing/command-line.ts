import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCli } from '../run-cli.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Writes files into a folder, by path, and returns it; a text alone is its `job.yaml`. */
export function place(cwd: string, files: string | Readonly<Record<string, string>>): string {
  mkdirSync(cwd, { recursive: true });
  for (const [name, text] of Object.entries(typeof files === 'string' ? { 'job.yaml': files } : files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  return cwd;
}

/** Who sits at the terminal: the lines they write before they leave, or what they do about each prompt. */
type Person =
  readonly (string | undefined)[] | ((signal: AbortSignal) => Promise<string | undefined> | string | undefined);

/** Runs one command line in a folder, and collects what it prints. */
export async function cli(argv: readonly string[], cwd: string, person?: Person) {
  const out: string[] = [];
  const err: string[] = [];
  let prompts = 0;
  const terminal: Terminal = {
    cwd,
    env: { PATH: process.env['PATH'] },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    paint: (_, text) => text,
    attend: () => () => undefined,
    ...(person !== undefined && {
      async ask(_: string, signal = new AbortController().signal) {
        prompts++;
        return typeof person === 'function' ? person(signal) : person[prompts - 1];
      },
    }),
  };
  return { code: await runCli(argv, terminal), out, err, prompts };
}
